import { z } from 'zod'
import { compressions, imageFormats } from '../formats/content.ts'
import { bytesSchema } from '../kernel/bytes.ts'
import { defineEvent, type EventOf } from '../kernel/event.ts'
import {
  accountIdSchema,
  blobKeySchema,
  claimIdSchema,
  imageIdSchema,
  locationIdSchema,
  projectIdSchema,
} from '../kernel/ids.ts'
import { instantSchema } from '../kernel/instant.ts'
import type { ImageName } from './names.ts'

// These are stored for good. A change here takes a new version with an upcast from the one before, and a new fixture in
// test/fixtures/events/ (docs/adr/0004-event-versions.md).

export const imageKinds = ['DISK', 'ISO'] as const
export const imageOrigins = ['UPLOAD', 'URL', 'INSTANCE', 'SNAPSHOT', 'COPY', 'MANIFEST'] as const
export const osFamilies = ['LINUX', 'WINDOWS', 'BSD', 'SMARTOS', 'ILLUMOS', 'OTHER'] as const
export const imageVisibilities = ['PRIVATE', 'SHARED', 'COMMUNITY', 'PUBLIC'] as const
export const deactivators = ['OWNER', 'OPERATOR'] as const
export type Deactivator = (typeof deactivators)[number]
export type ImageVisibility = (typeof imageVisibilities)[number]
export type ImageKind = (typeof imageKinds)[number]
export type ImageOrigin = (typeof imageOrigins)[number]
export type OsFamily = (typeof osFamilies)[number]

// A stored name was checked when it was given; later rules do not make old events unreadable.
const storedName = z.custom<ImageName>((value) => typeof value === 'string')

const property = z.object({ name: z.string(), value: z.string() })
export type ImageProperty = z.output<typeof property>

/** What can be said of an image in words and numbers, besides its name. */
const details = z.object({
  description: z.string(),
  os: z.string().nullable(),
  osFamily: z.enum(osFamilies).nullable(),
  version: z.string().nullable(),
  arch: z.string().nullable(),
  family: z.string().nullable(),
  cloudInit: z.boolean(),
  compatibilityMode: z.boolean(),
  minDiskBytes: bytesSchema,
  minRamBytes: bytesSchema,
})
export type ImageDetails = z.output<typeof details>

const declared = z.object({
  format: z.enum(imageFormats).optional(),
  sizeBytes: bytesSchema.optional(),
  sha256: z.string().optional(),
})
/** What the client said of the bytes before they came. */
export type DeclaredContent = z.output<typeof declared>

/** Where the bytes come from: who registered it sends them, the service fetches them, or they are those of another image. */
const source = z.discriminatedUnion('from', [
  z.object({ from: z.literal('UPLOAD') }),
  z.object({ from: z.literal('URL'), url: z.string() }),
  z.object({ from: z.literal('IMAGE'), image: imageIdSchema }),
])
export type ImageSource = z.output<typeof source>

const digests = z.object({ sha256: z.string(), sha512: z.string(), sha1: z.string(), md5: z.string() })

const content = z.object({
  blob: blobKeySchema,
  sizeBytes: bytesSchema,
  virtualSizeBytes: bytesSchema,
  format: z.enum(imageFormats),
  compression: z.enum(compressions),
  digests,
})
/** What came: where the bytes are kept, and what was found in them. */
export type ImageContent = z.output<typeof content>

/** What an offer to one project is about. */
const offer = z.object({ project: projectIdSchema })

/** How an image is retired: reference 002, and DESIGN, an image's life. */
const deprecation = z.object({
  replacement: imageIdSchema.nullable(),
  reason: z.string().nullable(),
  obsoleteAt: instantSchema.nullable(),
  deleteAt: instantSchema.nullable(),
})
export type DeprecationNotice = z.output<typeof deprecation>

const dated = (what: string, at: string | null): readonly string[] =>
  at === null ? [] : [`${what} at ${at}`]

export const imageEvents = {
  ImageRegistered: defineEvent(
    'ImageRegistered',
    z.object({
      account: accountIdSchema,
      project: projectIdSchema,
      location: locationIdSchema,
      name: storedName,
      claimId: claimIdSchema,
      kind: z.enum(imageKinds),
      origin: z.enum(imageOrigins),
      source,
      declared,
      details,
      official: z.boolean(),
      protected: z.boolean(),
      blockSize: z.int(),
      properties: z.array(property),
      tags: z.array(z.string()),
    }),
    ({ name, project }) => `Image ${name} was registered in project ${project}.`,
    // Before there were other sources, bytes were sent.
    [(data) => ({ ...data, source: { from: 'UPLOAD' } })],
  ),
  ImageRegistrationAbandoned: defineEvent(
    'ImageRegistrationAbandoned',
    z.object({ claimId: claimIdSchema }),
    () => 'The registration was given up before it was complete; its name is free again.',
  ),
  ImageRenamed: defineEvent(
    'ImageRenamed',
    z.object({ from: storedName, name: storedName, claimId: claimIdSchema }),
    ({ from, name }) => `Renamed from ${from} to ${name}.`,
  ),
  ImageClaimAbandoned: defineEvent(
    'ImageClaimAbandoned',
    z.object({ claimId: claimIdSchema }),
    () => 'A change of name was given up before it was complete; the new name is free again.',
  ),
  ImageDescribed: defineEvent(
    'ImageDescribed',
    z.object({ changes: details.partial() }),
    ({ changes }) => `Described anew: ${Object.keys(changes).join(', ')}.`,
  ),
  ImagePropertiesChanged: defineEvent(
    'ImagePropertiesChanged',
    z.object({ set: z.array(property), removed: z.array(z.string()) }),
    ({ set, removed }) =>
      `Properties changed: ${[...set.map(({ name }) => `${name} set`), ...removed.map((name) => `${name} removed`)].join(', ')}.`,
  ),
  ImageTagsChanged: defineEvent(
    'ImageTagsChanged',
    z.object({ added: z.array(z.string()), removed: z.array(z.string()) }),
    ({ added, removed }) =>
      `Tags changed: ${[...added.map((tag) => `+${tag}`), ...removed.map((tag) => `-${tag}`)].join(' ')}.`,
  ),
  ImageProtected: defineEvent('ImageProtected', z.object({}), () => 'Protected against deletion.'),
  ImageUnprotected: defineEvent(
    'ImageUnprotected',
    z.object({}),
    () => 'No longer protected against deletion.',
  ),
  ImageContentStored: defineEvent(
    'ImageContentStored',
    z.object({ content }),
    ({ content }) =>
      `${content.sizeBytes} bytes of ${content.format} were stored (sha256 ${content.digests.sha256}).`,
  ),
  ImageBecameAvailable: defineEvent('ImageBecameAvailable', z.object({}), () => 'Became available.'),
  ImageSizeReported: defineEvent(
    'ImageSizeReported',
    z.object({
      sizeBytes: bytesSchema,
      /** When it was measured, which is when this occurred. */
      measuredAt: instantSchema,
      /** From when on it counts, where that is another instant. */
      effectiveFrom: instantSchema.nullable(),
    }),
    ({ sizeBytes, measuredAt, effectiveFrom }) =>
      `${sizeBytes} bytes were measured at ${measuredAt}${effectiveFrom === null ? '' : `, to count from ${effectiveFrom} on`}.`,
  ),
  ImageCreationFailed: defineEvent(
    'ImageCreationFailed',
    z.object({ code: z.string(), message: z.string() }),
    ({ code, message }) => `Its creation failed with ${code}: ${message}`,
  ),
  ImageCreationRetried: defineEvent(
    'ImageCreationRetried',
    z.object({}),
    () => 'Its creation was begun again.',
  ),
  ImageVisibilityChanged: defineEvent(
    'ImageVisibilityChanged',
    z.object({ from: z.enum(imageVisibilities), visibility: z.enum(imageVisibilities) }),
    ({ from, visibility }) => `Its visibility went from ${from} to ${visibility}.`,
  ),
  ImageShared: defineEvent(
    'ImageShared',
    offer.extend({ message: z.string().nullable(), expiresAt: instantSchema.nullable() }),
    ({ project, expiresAt }) => `Offered to project ${project}${expiresAt ? ` until ${expiresAt}` : ''}.`,
  ),
  ImageShareAccepted: defineEvent(
    'ImageShareAccepted',
    offer,
    ({ project }) => `Project ${project} accepted the offer.`,
  ),
  ImageShareRejected: defineEvent(
    'ImageShareRejected',
    offer,
    ({ project }) => `Project ${project} rejected the offer.`,
  ),
  ImageShareExpired: defineEvent(
    'ImageShareExpired',
    offer,
    ({ project }) => `The offer to project ${project} was not taken up in time.`,
  ),
  ImageShareRevoked: defineEvent(
    'ImageShareRevoked',
    offer,
    ({ project }) => `No longer shared with project ${project}.`,
  ),
  ImagePromoted: defineEvent(
    'ImagePromoted',
    z.object({ from: projectIdSchema, name: storedName, claimId: claimIdSchema }),
    ({ from }) => `Promoted from project ${from} to its account.`,
  ),
  ImageDemoted: defineEvent(
    'ImageDemoted',
    z.object({ project: projectIdSchema, name: storedName, claimId: claimIdSchema }),
    ({ project }) => `Demoted from its account to project ${project}.`,
  ),
  ImageDeprecated: defineEvent('ImageDeprecated', deprecation, ({ replacement, obsoleteAt, deleteAt }) =>
    [
      `Deprecated${replacement === null ? '' : ` in favour of image ${replacement}`}`,
      ...dated('obsolete', obsoleteAt),
      ...dated('to be deleted', deleteAt),
    ]
      .join(', ')
      .concat('.'),
  ),
  ImageObsoleted: defineEvent('ImageObsoleted', z.object({}), () => 'Became obsolete: for no new use.'),
  ImageUndeprecated: defineEvent('ImageUndeprecated', z.object({}), () => 'No longer deprecated.'),
  ImageDeactivated: defineEvent(
    'ImageDeactivated',
    z.object({ by: z.enum(deactivators) }),
    ({ by }) => `Deactivated by ${by === 'OPERATOR' ? 'an operator' : 'its owner'}: its bytes are withheld.`,
  ),
  ImageReactivated: defineEvent('ImageReactivated', z.object({}), () => 'Reactivated.'),
  ImageDeletionRequested: defineEvent(
    'ImageDeletionRequested',
    z.object({ deleteAt: instantSchema, scheduled: z.boolean() }),
    ({ deleteAt, scheduled }) =>
      `${scheduled ? 'The date of its deletion came' : 'Its deletion was asked for'}, to be final at ${deleteAt}.`,
    // Before there were dates of deletion, each was asked for.
    [(data) => ({ ...data, scheduled: false })],
  ),
  ImageDeletionPrevented: defineEvent(
    'ImageDeletionPrevented',
    z.object({}),
    () => 'The date of its deletion came, but it is protected: it stays.',
  ),
  ImageRestored: defineEvent('ImageRestored', z.object({}), () => 'Its deletion was taken back.'),
  ImageDeleted: defineEvent('ImageDeleted', z.object({}), () => 'Deleted for good.'),
  ImageContentRemoved: defineEvent(
    'ImageContentRemoved',
    z.object({ blob: blobKeySchema }),
    () => 'Its bytes are no longer kept for it.',
  ),
}
export type ImageEvent = EventOf<typeof imageEvents>

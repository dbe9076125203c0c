import { z } from 'zod'
import { authorize, may } from '../../domain/access/access.ts'
import type { Principal } from '../../domain/access/principal.ts'
import { accountAggregate } from '../../domain/account/state.ts'
import { imageFormats } from '../../domain/formats/content.ts'
import { decide, type Registration } from '../../domain/image/decide.ts'
import {
  type DeclaredContent,
  type ImageKind,
  imageKinds,
  imageVisibilities,
} from '../../domain/image/events.ts'
import { imageNameSchema, readNameConvention } from '../../domain/image/names.ts'
import { applyProperties, applyTags, imageAggregate } from '../../domain/image/state.ts'
import { type Either, left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { AccountId, ImageId, LocationId, ProjectId } from '../../domain/kernel/ids.ts'
import { featureDisabled, forbidden, invalidInput, type Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, type Command, commandOf, createdId, stepOf } from '../command.ts'
import { giveBytes, notToCopy } from '../copies.ts'
import type { Done } from '../done.ts'
import * as shape from '../image-input.ts'
import { bytes, idempotencyKey, parseInput } from '../input.ts'
import type { Ledger } from '../ledger.ts'
import { claimName, scopeOf, settleClaim } from '../names.ts'
import { Busy } from '../outages.ts'
import { type ReachedImage, reachImage, reachLocation, reachProject } from '../reach.ts'
import type { Services } from '../services.ts'
import { withheld } from './image-download.ts'

const notYet = z
  .custom<null | undefined>(
    (value) => value === null || value === undefined,
    'is not offered yet: use source.upload, source.url or source.image',
  )
  .optional()

const declared = {
  format: z.enum(imageFormats).nullish(),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .toLowerCase()
    .nullish(),
}
const upload = z.strictObject({
  ...declared,
  sizeBytes: bytes.min(1n, 'must be at least 1: an image has bytes').nullish(),
})
const url = z.strictObject({ ...declared, url: z.string() })

const source = z
  .strictObject(
    {
      upload: upload.nullish(),
      url: url.nullish(),
      image: z.string().nullish(),
      instance: notYet,
      snapshot: notYet,
    },
    { error: ({ code }) => (code === 'invalid_type' ? 'must be given' : undefined) },
  )
  .refine(
    (given) => Object.values(given).filter((value) => value !== null && value !== undefined).length === 1,
    'must be exactly one of upload, url and image',
  )

const input = z
  .strictObject({
    project: z.string(),
    name: imageNameSchema,
    ...shape.details,
    location: z.string().nullish(),
    kind: z.enum(imageKinds).nullish(),
    source,
    visibility: z.enum(imageVisibilities).nullish(),
    official: z.boolean().nullish(),
    blockSize: z.literal([512, 2048, 4096], 'must be 512, 2048 or 4096').nullish(),
    properties: shape.properties.nullish(),
    tags: shape.tags.nullish(),
    idempotencyKey,
  })
  .superRefine(({ kind, source: { upload: sent, url: fetched } }, context) => {
    const format = (sent ?? fetched)?.format ?? 'ISO'
    if (kind !== 'ISO' || format === 'ISO') return
    const path = ['source', sent ? 'upload' : 'url', 'format']
    context.addIssue({ code: 'custom', path, message: 'must be ISO, or left out, for an image of kind ISO' })
  })
type Input = z.output<typeof input>

/** What must be known of an input before it is looked at as a whole. */
interface RawInput {
  readonly project: string
  readonly official?: boolean | null | undefined
  readonly visibility?: string | null | undefined
  readonly [field: string]: unknown
}

/**
 * Registers an image whose bytes follow. Its name and its place under the account's limit are claimed first; see names.ts.
 * Collaborators of the project; official only by operators, public or community by whom imageSetVisibility names. Refusals: NotFound, Forbidden, InvalidInput, IdempotencyConflict, FeatureDisabled,
 * NameTaken, ImageLimitReached.
 */
export const imageCreate =
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const admitted = await admit(services, caller, raw)
    if (admitted._tag === 'Left') return admitted
    const command = commandOf(caller, 'imageCreate', services.clock.now(), admitted.right.given)
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const outcome = await registerUnder(services, caller, command, admitted.right, attempt)
      if (outcome !== 'ABANDONED') return outcome
    }
    throw new Busy('The image could not be registered in time, again and again: try later.')
  }

const ATTEMPTS = 5

interface Admitted {
  readonly project: ProjectId
  readonly account: AccountId
  readonly given: Input
}

/** Visibility, role, input: in this order. */
const admit = async (
  { ledger, limits, sources }: Services,
  { principal }: Caller,
  raw: RawInput,
): Promise<Either<Refusal, Admitted>> => {
  const project = await reachProject(ledger, principal, 'createImage', raw.project)
  if (project._tag === 'Left') return project
  if (raw.official === true) {
    const allowed = authorize(principal, 'makeOfficial', { kind: 'platform' })
    if (allowed._tag === 'Left') return allowed
  }
  if (raw.visibility === 'COMMUNITY' || raw.visibility === 'PUBLIC') {
    const allowed = await mayPublish(ledger, principal, project.right.account)
    if (allowed._tag === 'Left') return allowed
  }
  const parsed = parseInput(input, raw)
  if (parsed._tag === 'Left') return parsed
  const sizeBytes = parsed.right.source.upload?.sizeBytes
  if (typeof sizeBytes === 'bigint' && sizeBytes > limits.maxImageBytes) {
    const message = `must be at most ${limits.maxImageBytes}, the largest image that this service takes`
    return left(invalidInput([{ path: ['source', 'upload', 'sizeBytes'], message }]))
  }
  const address = parsed.right.source.url?.url
  const refused = typeof address === 'string' ? sources.check(address) : null
  if (refused !== null)
    return left(invalidInput([{ path: ['source', 'url', 'url'], message: refused.message }]))
  return right({ project: project.right.id, account: project.right.account, given: parsed.right })
}

const mayPublish = async (ledger: Ledger, principal: Principal, account: AccountId) => {
  const { state } = await ledger.load(accountAggregate, account)
  if (!state.mayPublish) return authorize(principal, 'createPublic', { kind: 'platform' })
  // Whoever has come this far sees the project, though perhaps not its account.
  return may(principal, 'publishForAccount', { kind: 'account', id: account })
    ? right(true)
    : left(forbidden('ADMIN', 'create images that are public or community', 'in the account'))
}

/**
 * Claims the name and registers the image under the id that the command gives it at this attempt. ABANDONED: repair has
 * given up this id, between the claim and here or in an earlier try, so that the image must begin under the next.
 */
const registerUnder = async (
  services: Services,
  caller: Caller,
  command: Command,
  { project, account, given }: Admitted,
  attempt: number,
): Promise<Either<Refusal, Done<ImageId>> | 'ABANDONED'> => {
  const { ledger } = services
  const id = createdId(command, `image ${attempt}`) as ImageId
  const before = await ledger.load(imageAggregate, id)
  if (before.state.status === 'ABANDONED') return 'ABANDONED'
  const repeated = ledger.repetition(before, command)
  if (repeated !== null) return doneWith(id, repeated)
  const location = await locationFor(services, caller, given.location)
  if (location._tag === 'Left') return location
  const original = await originalFor(services, caller, given)
  if (original?._tag === 'Left') return original
  const naming = stepOf(command, `name ${attempt}`)
  const claim = await claimName(ledger, naming, account, id, scopeOf(project), given.name)
  if (claim._tag === 'Left') return claim
  const ownership = { account, project, location: location.right, claimId: claim.right }
  const registration = { ...ownership, ...describedBy(given, original?.right ?? null) }
  const visibility = given.visibility ?? 'PRIVATE'
  const registered = await ledger.change(imageAggregate, id, command, (state) =>
    state.status === 'ABANDONED'
      ? right([])
      : decide({ type: 'RegisterImage', registration, visibility }, state),
  )
  const abandoned = registered._tag === 'Right' && registered.right.state.status === 'ABANDONED'
  // A claim that came to nothing would stand in the way of the next attempt, and of others until repair comes.
  if (abandoned || registered._tag === 'Left')
    await settleClaim(services, { claimId: claim.right, account, imageId: id })
  if (abandoned) return 'ABANDONED'
  if (registered._tag === 'Left' || !original) return doneWith(id, registered)
  const shared = await giveBytes(services, id, original.right.id, (now) => ({
    ...stepOf(command, 'copy'),
    occurredAt: now,
  }))
  return doneWith(id, shared._tag === 'Left' ? registered : shared)
}

const doneWith = (
  id: ImageId,
  result: Either<Refusal, { readonly position: Done<ImageId>['position'] }>,
): Either<Refusal, Done<ImageId>> =>
  result._tag === 'Left' ? result : right({ id, position: result.right.position })

/** The location that was named, or the only one; images must be enabled there. */
const locationFor = async (
  { ledger, directory }: Services,
  caller: Caller,
  given: string | null | undefined,
): Promise<Either<Refusal, LocationId>> => {
  const chosen = given ?? directory.onlyLocation()
  if (chosen === null)
    return left(
      invalidInput([{ path: ['location'], message: 'must be given: there is not exactly one location' }]),
    )
  const location = await reachLocation(ledger, caller.principal, 'seeLocation', chosen)
  if (location._tag === 'Left') return location
  return location.right.imagesEnabled ? right(location.right.id) : left(featureDisabled(location.right.id))
}

/** The image that is to be copied: one that the caller may use, and that has bytes. Null where none is. */
const originalFor = async (
  services: Services,
  { principal }: Caller,
  given: Input,
): Promise<Either<Refusal, ReachedImage> | null> => {
  if (typeof given.source.image !== 'string') return null
  const original = await reachImage(services, principal, 'downloadImage', given.source.image)
  if (original._tag === 'Left') return original
  const { state, target } = original.right
  const refused = withheld(principal, state, target.facts, services.clock.now()) ?? notToCopy(state)
  if (refused !== null) return left(refused)
  const message = 'must be that of the image to copy, DISK, or be left out'
  return given.kind === 'ISO' && state.kind !== 'ISO'
    ? left(invalidInput([{ path: ['kind'], message }]))
    : original
}

type Described = Omit<Registration, 'account' | 'project' | 'location' | 'claimId'>

/**
 * The registration without what the service adds. What was not given, a name of the convention fills in, and then the image to
 * copy.
 */
const describedBy = (given: Input, original: ReachedImage | null): Described => {
  const named = readNameConvention(given.name)
  const like = original?.state
  const kind = like?.kind ?? given.kind ?? 'DISK'
  return {
    name: given.name,
    ...comingFrom(given, original),
    kind,
    declared: declaredIn(given, kind),
    details: {
      description: given.description ?? like?.details.description ?? '',
      os: given.os ?? named?.os ?? like?.details.os ?? null,
      osFamily: given.osFamily ?? like?.details.osFamily ?? null,
      version: given.version ?? named?.version ?? like?.details.version ?? null,
      arch: given.arch ?? like?.details.arch ?? null,
      family: given.family ?? named?.family ?? like?.details.family ?? null,
      cloudInit: given.cloudInit ?? like?.details.cloudInit ?? false,
      compatibilityMode: given.compatibilityMode ?? like?.details.compatibilityMode ?? false,
      minDiskBytes: given.minDiskBytes ?? like?.details.minDiskBytes ?? 0n,
      minRamBytes: given.minRamBytes ?? like?.details.minRamBytes ?? 0n,
    },
    official: given.official ?? false,
    protected: given.protected ?? false,
    blockSize: given.blockSize ?? like?.blockSize ?? 512,
    properties: [...applyProperties([], given.properties ?? like?.properties ?? [], [])],
    tags: [...applyTags([], given.tags ?? like?.tags ?? [], [])],
  }
}

const comingFrom = (
  { source }: Input,
  original: ReachedImage | null,
): Pick<Registration, 'origin' | 'source'> => {
  if (original !== null) return { origin: 'COPY', source: { from: 'IMAGE', image: original.id } }
  return typeof source.url?.url === 'string'
    ? { origin: 'URL', source: { from: 'URL', url: source.url.url } }
    : { origin: 'UPLOAD', source: { from: 'UPLOAD' } }
}

const declaredIn = ({ source }: Input, kind: ImageKind): DeclaredContent => {
  if (typeof source.image === 'string') return {}
  const { format, sha256 } = source.upload ?? source.url ?? {}
  const sizeBytes = source.upload?.sizeBytes
  const declaredFormat = format ?? (kind === 'ISO' ? 'ISO' : undefined)
  return {
    ...(declaredFormat === undefined ? {} : { format: declaredFormat }),
    ...(typeof sizeBytes === 'bigint' ? { sizeBytes } : {}),
    ...(typeof sha256 === 'string' ? { sha256 } : {}),
  }
}

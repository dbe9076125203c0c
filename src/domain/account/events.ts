import { z } from 'zod'
import { defineEvent, type EventOf } from '../kernel/event.ts'
import { claimIdSchema, imageIdSchema, projectIdSchema } from '../kernel/ids.ts'

// Stored for good: see src/domain/image/events.ts.

/** Where a name is unique: in one project, or among what is promoted to the account. */
const nameScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('PROJECT'), project: projectIdSchema }),
  z.object({ kind: z.literal('ACCOUNT') }),
])
export type NameScope = z.output<typeof nameScope>

export const accountEvents = {
  AccountCreated: defineEvent(
    'AccountCreated',
    z.object({ name: z.string(), imageLimit: z.int().nullable() }),
    ({ name }) => `Account ${name} was created.`,
  ),
  AccountImageLimitSet: defineEvent(
    'AccountImageLimitSet',
    z.object({ limit: z.int().nullable() }),
    ({ limit }) =>
      limit === null ? 'The limit of images was lifted.' : `At most ${limit} images from now on.`,
  ),
  AccountMayPublishSet: defineEvent(
    'AccountMayPublishSet',
    z.object({ mayPublish: z.boolean() }),
    ({ mayPublish }) =>
      mayPublish
        ? 'Its admins may make its images public or community from now on.'
        : 'Only operators make its images public or community from now on.',
  ),
  ImageNameClaimed: defineEvent(
    'ImageNameClaimed',
    z.object({ claimId: claimIdSchema, imageId: imageIdSchema, scope: nameScope, name: z.string() }),
    ({ name, imageId }) => `The name ${name} was claimed for image ${imageId}.`,
  ),
  ImageNameReleased: defineEvent(
    'ImageNameReleased',
    z.object({ claimId: claimIdSchema, imageId: imageIdSchema, scope: nameScope, name: z.string() }),
    ({ name, imageId }) => `The name ${name} of image ${imageId} became free.`,
  ),
}
export type AccountEvent = EventOf<typeof accountEvents>

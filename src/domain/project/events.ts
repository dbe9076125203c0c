import { z } from 'zod'
import { defineEvent, type EventOf } from '../kernel/event.ts'
import { accountIdSchema } from '../kernel/ids.ts'

// Stored for good: see src/domain/image/events.ts.

export const projectEvents = {
  ProjectCreated: defineEvent(
    'ProjectCreated',
    z.object({ account: accountIdSchema, name: z.string() }),
    ({ name, account }) => `Project ${name} of account ${account} was created.`,
  ),
}
export type ProjectEvent = EventOf<typeof projectEvents>

import { z } from 'zod'
import { authorize } from '../../domain/access/access.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import { type LocationId, locationIdSchema } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { decide } from '../../domain/location/decide.ts'
import { locationAggregate } from '../../domain/location/state.ts'
import { type Caller, commandOf, createdId } from '../command.ts'
import type { Done } from '../done.ts'
import { line, parseInput } from '../input.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({
  id: locationIdSchema.nullish(),
  name: line(255),
  imagesEnabled: z.boolean().nullish(),
})

/** Creates a location, with images enabled unless said otherwise. Operators only. Refusals: Forbidden, InvalidInput, NameTaken (the id). */
export const locationCreate =
  ({ ledger, clock }: Services) =>
  (caller: Caller, raw: unknown): TaskEither<Refusal, Done<LocationId>> =>
  async () => {
    const allowed = authorize(caller.principal, 'createLocation', { kind: 'platform' })
    if (allowed._tag === 'Left') return allowed
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { name, imagesEnabled } = parsed.right
    const command = commandOf(caller, 'locationCreate', clock.now(), {})
    const id = parsed.right.id ?? (createdId(command, 'location') as LocationId)
    const created = await ledger.change(locationAggregate, id, command, (state) =>
      decide({ type: 'CreateLocation', id, name, imagesEnabled: imagesEnabled ?? true }, state),
    )
    return created._tag === 'Left' ? created : right({ id, position: created.right.position })
  }

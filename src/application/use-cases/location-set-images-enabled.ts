import { z } from 'zod'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { LocationId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { decide } from '../../domain/location/decide.ts'
import { locationAggregate } from '../../domain/location/state.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import { parseInput, reason } from '../input.ts'
import { reachLocation } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({ location: z.string(), enabled: z.boolean(), reason })

/**
 * Allows or refuses new images in a location; those that are there stay (reference 001). Operators only. Refusals: NotFound,
 * Forbidden, InvalidInput.
 */
export const locationSetImagesEnabled =
  ({ ledger, clock }: Services) =>
  (
    caller: Caller,
    raw: { readonly location: string; readonly [field: string]: unknown },
  ): TaskEither<Refusal, Done<LocationId>> =>
  async () => {
    const location = await reachLocation(ledger, caller.principal, 'configureLocation', raw.location)
    if (location._tag === 'Left') return location
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id } = location.right
    const command = commandOf(caller, 'locationSetImagesEnabled', clock.now(), parsed.right)
    const changed = await ledger.change(locationAggregate, id, command, (state) =>
      decide({ type: 'SetImagesEnabled', enabled: parsed.right.enabled }, state),
    )
    return changed._tag === 'Left' ? changed : right({ id, position: changed.right.position })
  }

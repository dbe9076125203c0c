import { imageAggregate, isRegistered } from '../../domain/image/state.ts'
import { giveBytes } from '../copies.ts'
import type { Services } from '../services.ts'
import { authorOf } from './bytes.ts'
import { forEach, type Reaction } from './reactions.ts'

const AT_A_TIME = 1_000

/** Copies whose command did not live to give them their bytes, or that were tried again. */
export const finishCopies = (services: Services): Reaction => ({
  name: 'finish-copies',
  run: async () => {
    const { ledger, clock, stored } = services
    await forEach(stored.awaited('IMAGE', clock.now(), AT_A_TIME), async (id) => {
      const { state } = await ledger.load(imageAggregate, id)
      if (isRegistered(state) && state.status === 'CREATING' && state.source.from === 'IMAGE')
        await giveBytes(services, id, state.source.image, authorOf('copies'))
    })
  },
})

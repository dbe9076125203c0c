import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 20
/** Longer than anything that is waited for takes on a slow machine: it ends a test that would hang, and proves no speed. */
const PATIENCE_MS = 30_000

/** Asks until the answer is true. Throws where it never is. */
export const eventually = async (what: string, check: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`It never came about: ${what}`)
    await sleep(PAUSE_MS)
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seed, startOn, type TestService } from '../support/service.ts'

/**
 * One service after the other on one directory, the first with the world of tokens.ts in it: each begins at the instant that
 * is given, and ends the one before. For tests of a file to share; whoever calls it disposes of it.
 */
export const startPhases = async (environment: Readonly<Record<string, string>> = {}) => {
  const directory = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  let running: TestService | null = null
  const at = async (instant: string): Promise<TestService> => {
    const first = running === null
    await running?.stop()
    running = await startOn(directory, { ...environment, CLOCK_START: instant })
    if (first) await seed(running)
    return running
  }
  const dispose = async (): Promise<void> => {
    await running?.stop()
    await rm(directory, { recursive: true, force: true })
  }
  return { at, dispose }
}

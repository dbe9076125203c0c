import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new directory for the test that runs, removed after it. */
export const tempDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

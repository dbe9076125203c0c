import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { lockDirectory } from '../../../src/adapters/sqlite/lock.ts'
import { tempDirectory } from '../../support/temp.ts'

interface Locker {
  /** What it said of its attempt: `locked`, or why not. */
  readonly said: string
  /** Kills it as `kill -9` does; resolves when it is gone. */
  kill(): Promise<void>
}

const script = fileURLToPath(new URL('./locking-process.ts', import.meta.url))

/** Another process that tries to lock the directory. */
const locker = async (directory: string): Promise<Locker> => {
  const child: ChildProcess = spawn(process.execPath, [script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = async () => {
    child.kill('SIGKILL')
    await gone
  }
  onTestFinished(kill)
  if (child.stdout === null) throw new Error('It has no output')
  const { value } = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
  return { said: String(value), kill }
}

const inUse = (directory: string): string =>
  `The data directory ${directory} is in use by another process: stop that one, or choose another directory.`

test('A directory is locked for one at a time, and free again when that one releases it', async () => {
  const directory = await tempDirectory()
  const first = lockDirectory(directory)
  expect(() => lockDirectory(directory)).toThrow(new Error(inUse(directory)))
  first.release()
  first.release()
  lockDirectory(directory).release()
})

test('Another process is refused with one clear line while this one holds the directory', async () => {
  const directory = await tempDirectory()
  const lock = lockDirectory(directory)
  expect((await locker(directory)).said).toBe(inUse(directory))
  lock.release()
  expect((await locker(directory)).said).toBe('locked')
})

test('This process is refused while another one holds the directory, until that is killed with kill -9', async () => {
  const directory = await tempDirectory()
  const other = await locker(directory)
  expect(other.said).toBe('locked')
  expect(() => lockDirectory(directory)).toThrow(new Error(inUse(directory)))
  await other.kill()
  lockDirectory(directory).release()
})

test('Two directories can be locked at once', async () => {
  const locks = [lockDirectory(await tempDirectory()), lockDirectory(await tempDirectory())]
  for (const lock of locks) lock.release()
  expect(locks).toHaveLength(2)
})

test('A directory that does not exist is created', async () => {
  const directory = join(await tempDirectory(), 'data', 'ledger')
  lockDirectory(directory).release()
  expect(() => mkdirSync(directory)).toThrow('EEXIST')
})

test('A directory that cannot be locked is named in one line with the reason', async () => {
  const file = join(await tempDirectory(), 'file')
  writeFileSync(file, '')
  expect(() => lockDirectory(join(file, 'data'))).toThrow(
    /^The data directory .*\/file\/data cannot be locked: .*$/,
  )
})

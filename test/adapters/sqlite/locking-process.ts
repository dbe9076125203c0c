import { lockDirectory } from '../../../src/adapters/sqlite/lock.ts'

// Run by lock.test.ts: locks the directory in argv[2], says how that went, and lives on until it is killed.

try {
  const lock = lockDirectory(`${process.argv[2]}`)
  // Held by this, for a lock that nobody knows any more is collected, and its file closed.
  process.on('exit', () => lock.release())
  process.stdout.write('locked\n')
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`)
}
setInterval(() => undefined, 60_000)

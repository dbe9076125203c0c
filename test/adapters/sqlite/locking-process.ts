import { lockDirectory } from '../../../src/adapters/sqlite/lock.ts'

// Run by lock.test.ts: locks the directory in argv[2], says how that went, and lives on until it is killed.

try {
  lockDirectory(`${process.argv[2]}`)
  process.stdout.write('locked\n')
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`)
}
setInterval(() => undefined, 60_000)

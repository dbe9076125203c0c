import { StandInServer } from '../test/support/eventstoredb/server.ts'
import { startS3rver } from '../test/support/s3.ts'

// A process of its own for the stand-in of EventStoreDB, or for s3rver on a directory: neither is to take turns with what is
// measured. It tells its parent where it listens, and ends with it.

const [directory] = process.argv.slice(2)
const started =
  directory === undefined ? (await StandInServer.start()).url : (await startS3rver(directory)).options
process.once('disconnect', () => process.exit())
process.send?.(started)

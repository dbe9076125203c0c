import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventStoreDBLog } from '../../../src/adapters/eventstoredb/event-log.ts'
import { openEventStoreDB } from '../../../src/adapters/eventstoredb/event-log.ts'
import { Lease } from '../../../src/adapters/eventstoredb/lease.ts'
import { StandInServer } from '../../support/eventstoredb/server.ts'
import { eventually } from '../../support/eventually.ts'
import { recordingLogger } from '../../support/projections.ts'

/** Long enough that no test sees it end by itself, or so short that each look finds it old. */
const LONG_MS = 3_600_000
const SHORT_MS = 300

const opened = async (): Promise<EventStoreDBLog> => {
  const server = await StandInServer.start()
  const log = await openEventStoreDB({ url: server.url, prefixes: ['tally-'], logger: recordingLogger() })
  onTestFinished(async () => {
    await log.close()
    server.kill()
  })
  return log
}

describe('A lease', () => {
  test("is one node's, of however many ask at once, and stays with it", async () => {
    const log = await opened()
    const nodes = Array.from({ length: 10 }, () => new Lease(log, 'work', LONG_MS))
    const first = await Promise.all(nodes.map((node) => node.held()))
    expect(first.filter(Boolean)).toHaveLength(1)
    for (let round = 0; round < 3; round += 1)
      expect(await Promise.all(nodes.map((node) => node.held()))).toEqual(first)
  })

  test("that was released is another one's, and of its former holder no more", async () => {
    const log = await opened()
    const [one, other] = [new Lease(log, 'work', SHORT_MS), new Lease(log, 'work', SHORT_MS)]
    expect(await one.held()).toBe(true)
    await one.release()
    await eventually('the other one has it', () => other.held())
    expect(await one.held()).toBe(false)
    // Whoever has nothing gives nothing away.
    await one.release()
    expect(await other.held()).toBe(true)
  })

  test('that is renewed stays, and one that is not goes to another one', async () => {
    const log = await opened()
    const [one, other] = [new Lease(log, 'work', SHORT_MS), new Lease(log, 'work', SHORT_MS)]
    expect(await one.held()).toBe(true)
    // One goes without a word.
    await eventually('the other one has it', () => other.held())
    await eventually('the one knows', async () => !(await one.held()))
  })

  test('of one kind of work is not that of another', async () => {
    const log = await opened()
    expect(await new Lease(log, 'work', LONG_MS).held()).toBe(true)
    expect(await new Lease(log, 'other-work', LONG_MS).held()).toBe(true)
  })
})

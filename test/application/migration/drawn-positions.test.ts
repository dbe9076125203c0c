import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compare } from '../../../src/application/migration/compare.ts'
import { copyEvents } from '../../../src/application/migration/copy-events.ts'
import { DrawnPositions, survey } from '../../../src/application/migration/drawn-positions.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { START, type StreamName } from '../../../src/domain/kernel/recorded.ts'
import { newEvent } from '../../support/events.ts'
import { openedLog, startedServer } from '../../support/eventstoredb/opened.ts'
import { testSize } from '../../support/size.ts'
import { openLogIn } from '../../support/sqlite-log.ts'
import { allEvents } from '../../support/stored.ts'
import { tempDirectory } from '../../support/temp.ts'

/** To which of three streams an event goes, and for a bill from how much of the log before it it was drawn, in per mille. */
const histories = fc.array(fc.record({ stream: fc.nat(2), drawn: fc.option(fc.nat(1_000), { freq: 3 }) }), {
  minLength: 1,
  maxLength: 40,
})

test('A bill is drawn from the same events in a copy as in the log, wherever the positions lie', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      // Sparse positions in the log, and in its copy 1, 2, 3, …: there a position says how many events lie before it.
      const { log } = await openedLog((await startedServer()).url)
      const copy = openLogIn(await tempDirectory())
      const revisions = [-1, -1, -1]
      for (const { stream, drawn } of history) {
        const head = await log.head()
        const event =
          drawn === null
            ? newEvent({ position: 'of no log' })
            : newEvent(
                { month: '2026-03', position: String((head * BigInt(drawn)) / 1_000n) },
                'BillingPeriodSealed',
              )
        const revision = revisions[stream] ?? -1
        revisions[stream] = revision + 1
        const name = `t-${stream}` as StreamName
        await log.append(name, revision < 0 ? 'NO_STREAM' : revision, [event])()
      }

      const surveyed = await survey(log)
      const told = () => undefined
      const copied = await copyEvents(log, copy, START, new DrawnPositions(surveyed), told)
      expect(copied).toStrictEqual(right(history.length))
      expect(await compare(log, copy, new DrawnPositions(surveyed))).toStrictEqual({
        tag: 'EQUAL',
        events: history.length,
      })
      const events = await allEvents(log)
      expect((await allEvents(copy)).map(({ data }) => data)).toStrictEqual(
        events.map(({ type, data }) => {
          if (type !== 'BillingPeriodSealed') return data
          const before = events.filter(({ position }) => position <= BigInt(String(data['position'])))
          return { ...data, position: String(before.length) }
        }),
      )
    }),
    { numRuns: testSize(15, 200) },
  )
})

test('A bill that was drawn from what came after it is none', async () => {
  const log = openLogIn(await tempDirectory())
  const drawn = newEvent({ position: '2' }, 'BillingPeriodSealed')
  await log.append(`t-${randomUUID()}` as StreamName, 'NO_STREAM', [newEvent(), drawn])()
  const copying = async () =>
    copyEvents(
      log,
      openLogIn(await tempDirectory()),
      START,
      new DrawnPositions(await survey(log)),
      () => undefined,
    )
  await expect(copying()).rejects.toThrow('was drawn from what came after it')
})

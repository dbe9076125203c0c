import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSqliteEventLog, type SqliteEventLog } from '../../../src/adapters/sqlite/event-log.ts'
import { Measures } from '../../../src/adapters/telemetry/measures.ts'
import { countingObserver, meteredEventLog } from '../../../src/adapters/telemetry/metered-event-log.ts'
import { openTraces } from '../../../src/adapters/telemetry/traced.ts'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { eventLogContract } from '../../contracts/event-log.ts'
import { setClock } from '../../support/clock.ts'
import { appendAll, appendEach, newEvent, newEvents, newStream, someMetadata } from '../../support/events.ts'
import { openedLog, startedServer } from '../../support/eventstoredb/opened.ts'
import { eventually } from '../../support/eventually.ts'
import { wrapLog } from '../../support/logs.ts'
import { samplesIn } from '../../support/metrics.ts'
import { recordingLogger } from '../../support/projections.ts'
import { openLogIn } from '../../support/sqlite-log.ts'
import { tempDirectory } from '../../support/temp.ts'
import { startReceiver } from '../../support/traces.ts'

eventLogContract('SQLite, metered,', async () => {
  const file = join(await tempDirectory(), 'log.sqlite')
  const opened: SqliteEventLog[] = []
  const open = async () => {
    const log = openSqliteEventLog({ file, clock: setClock() })
    opened.push(log)
    return meteredEventLog(log, new Measures())
  }
  return {
    log: await open(),
    reopen: open,
    dispose: async () => {
      for (const log of opened) await log.close()
    },
  }
})

const countsOf = async (measures: Measures) =>
  Object.fromEntries(
    [...samplesIn(await measures.text())].filter(([name]) => /_count|appended|eventstore/.test(name)),
  )

test('appends and reads are counted by what came of them', async () => {
  const measures = new Measures()
  const inner = openLogIn(await tempDirectory())
  const log = meteredEventLog(inner, measures)
  const stream = newStream()
  await appendAll(log, stream, newEvents(3))
  await log.append(stream, 'NO_STREAM', newEvents(1))()
  await log.readStream(stream, { direction: 'forwards', limit: 10 })
  expect(await countsOf(measures)).toMatchObject({
    'append_duration_seconds_count{outcome="appended"}': 1,
    'append_duration_seconds_count{outcome="conflict"}': 1,
    appended_events_total: 3,
    'log_read_duration_seconds_count{operation="stream",outcome="ok"}': 1,
  })
})

test.each([
  ['unavailable', new StoreUnavailable('Away.')],
  ['failed', new Error('A bug.')],
])('what is %s is thrown on, and counted as such', async (outcome, error) => {
  const measures = new Measures()
  const inner = openLogIn(await tempDirectory())
  const rejecting = { append: () => () => Promise.reject(error), head: () => Promise.reject(error) }
  const log = meteredEventLog(wrapLog(inner, rejecting), measures)
  await expect(log.append(newStream(), 'NO_STREAM', newEvents(1))()).rejects.toBe(error)
  await expect(log.head()).rejects.toBe(error)
  expect(await countsOf(measures)).toMatchObject({
    [`append_duration_seconds_count{outcome="${outcome}"}`]: 1,
    [`log_read_duration_seconds_count{operation="head",outcome="${outcome}"}`]: 1,
    appended_events_total: 0,
  })
})

describe('behind the port, EventStoreDB', () => {
  const opened = async () => {
    const measures = new Measures()
    const server = await startedServer()
    const { log } = await openedLog(server.url, { observer: countingObserver(measures) })
    return { measures, server, log }
  }

  test('where all goes well, is asked nothing twice', async () => {
    const { measures, log } = await opened()
    await appendEach(log, newStream(), newEvents(5))
    expect(await countsOf(measures)).not.toHaveProperty('eventstore_retries_total{operation="append"}')
    expect(await countsOf(measures)).not.toHaveProperty('eventstore_reconnects_total{what="client"}')
  })

  test('is asked again where an acknowledgement is lost, over another connection', async () => {
    const { measures, server, log } = await opened()
    server.faults.lostAcknowledgements = 1
    expect((await log.append(newStream(), 'NO_STREAM', newEvents(1))())._tag).toBe('Right')
    expect(await countsOf(measures)).toMatchObject({
      'eventstore_retries_total{operation="append"}': 1,
      'eventstore_reconnects_total{what="client"}': 1,
    })
  })

  test('is subscribed to again where a subscription ends', async () => {
    const { measures, server } = await opened()
    await eventually('there is a subscription', () => server.subscriptions === 1)
    server.endSubscriptions()
    await eventually(
      'it is begun again',
      async () => (await countsOf(measures))['eventstore_reconnects_total{what="subscription"}'] === 1,
    )
  })
})

describe('A log that is traced', () => {
  const traced = async () => {
    const { endpoint, spans } = await startReceiver()
    const traces = openTraces({
      endpoint,
      serviceName: 's',
      share: 1,
      version: '1',
      logger: recordingLogger(),
    })
    onTestFinished(() => traces.tracing.close())
    return { traces, spans, log: traces.log(openLogIn(await tempDirectory())) }
  }

  const ofRequest = (requestId: string) => newEvent({}, 'SomethingHappened', { ...someMetadata, requestId })

  test('says in the events of each request which trace they are of, though they share an append', async () => {
    const { traces, spans, log } = await traced()
    const requests = ['a', 'b'].map((id) => ({
      id,
      traceId: id.repeat(32),
      step: traces.tracing.request(id, 'request', `00-${id.repeat(32)}-${'1'.repeat(16)}-01`, {}),
    }))
    const stream = newStream()
    await appendAll(log, stream, [ofRequest('a'), ofRequest('b'), ofRequest('a'), ofRequest('nobody')])
    for (const { step } of requests) step.end({}, false)
    const stored = await log.readStream(stream, { direction: 'forwards', limit: 10 })
    traces.applied({ projection: 'p', events: stored, state: 'LIVE', tookMs: 1 })
    traces.applied({ projection: 'catching-up', events: stored, state: 'CATCHING_UP', tookMs: 1 })
    await traces.tracing.close()

    for (const { traceId } of requests) {
      const [append, ...others] = spans.filter((span) => span.traceId === traceId && span.name === 'append')
      expect(others).toStrictEqual([])
      const [applied] = spans.filter(({ parentSpanId }) => parentSpanId === append?.spanId)
      expect([applied?.name, applied?.traceId]).toStrictEqual(['project p', traceId])
      const traceparent = `00-${traceId}-${append?.spanId}-01`
      expect(stored.filter(({ metadata }) => metadata['traceparent'] === traceparent)).toHaveLength(
        traceId.startsWith('a') ? 2 : 1,
      )
    }
    expect(spans.filter(({ name }) => name === 'append')).toHaveLength(3)
    expect(spans.filter(({ name }) => name === 'project catching-up')).toStrictEqual([])
  })

  test('acknowledges the very same append again, though it is another step of another trace', async () => {
    const { log } = await traced()
    const [stream, events] = [newStream(), [ofRequest('a')]]
    const first = await log.append(stream, 'NO_STREAM', events)()
    expect(first._tag).toBe('Right')
    expect(await log.append(stream, 'NO_STREAM', events)()).toStrictEqual(
      right('right' in first && first.right),
    )
    expect(await log.readStream(stream, { direction: 'forwards', limit: 10 })).toHaveLength(1)
  })

  test('passes over what others may have written into the metadata', async () => {
    const { traces, spans, log } = await traced()
    const position = await appendAll(log, newStream(), newEvents(1))
    const [event] = await log.readAll({ after: (position - 1n) as typeof position, limit: 1 })
    if (event === undefined) throw new Error('There is no event')
    const saying = (traceparent: never) => ({ ...event, metadata: { traceparent } })
    const events = [1, null, {}, 'nonsense'].map((said) => saying(said as never))
    traces.applied({ projection: 'p', events, state: 'LIVE', tookMs: 1 })
    await traces.tracing.close()
    expect(spans.filter(({ name }) => name === 'project p')).toHaveLength(1)
  })
})

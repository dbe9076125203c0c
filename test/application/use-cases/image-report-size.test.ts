import { describe, expect, test } from 'vitest'
import { imageReportSize } from '../../../src/application/use-cases/image-report-size.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { type Instant, instantFromMillis, millisOf } from '../../../src/domain/kernel/instant.ts'
import {
  forbidden,
  type InputIssue,
  idempotencyConflict,
  invalidInput,
  invalidState,
  notFound,
  revisionConflict,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf } from '../../support/application.ts'
import {
  available,
  create,
  eventsAfter,
  idOf,
  imageNow,
  people,
  promote,
  refusalOf,
  remove,
  setVisibility,
  share,
  strangers,
  toLab,
  update,
} from '../../support/library-commands.ts'
import { imageId, principal } from '../../support/samples.ts'

const HOUR = 3_600_000
const agent = principal({ subject: 'node-1-agent', hypervisor: 'node-1' })
const asAgent = callerOf(agent)

/** Half an hour after the clock starts, by which the images of these tests are there. */
const measured = '2026-03-01T00:30:00.000Z'
const plain = { sizeBytes: 2_097_152n, occurredAt: measured }
const reported = (more: object = {}) => ({
  type: 'ImageSizeReported',
  data: { sizeBytes: '2097152', measuredAt: measured, effectiveFrom: null, ...more },
})

const report = ({ services }: Application, image: string, more: object = {}, caller = asAgent) =>
  imageReportSize(services)(caller, { image, ...plain, ...more })()

/** An image, and an hour later. */
const there = async (app: Application) => {
  const id = await available(app, 'debian')
  app.clock.advance(HOUR)
  return id
}

describe('Reporting the size of an image', () => {
  test('is of the time when it was measured, and by whom it was', async () => {
    await using app = await application()
    const id = await there(app)
    const before = await app.log.head()
    const done = await report(app, id, { reason: 'It was converted.' })
    expect(await eventsAfter(app, before)).toStrictEqual([reported()])
    const event = (await app.everything()).at(-1)
    expect(done).toStrictEqual(right({ id, position: event?.position }))
    expect(event?.stream).toBe(`image-${id}`)
    expect(event?.metadata).toMatchObject({
      actor: { id: 'node-1-agent', kind: 'AGENT' },
      occurredAt: measured,
      reason: 'It was converted.',
    })
    expect(Date.parse(event?.recordedAt ?? '')).toBeGreaterThan(Date.parse(measured))
  })

  test('may say from when on it counts', async () => {
    await using app = await application()
    const id = await there(app)
    const before = await app.log.head()
    const effectiveFrom = '2026-03-01T00:10:00.000Z'
    idOf(await report(app, id, { effectiveFrom }))
    expect(await eventsAfter(app, before)).toStrictEqual([reported({ effectiveFrom })])
  })

  test('is what the catalog says of it from then on', async () => {
    await using app = await application()
    const id = await there(app)
    idOf(await report(app, id))
    await app.settled()
    expect(app.catalog.imagesById([id])[0]?.size_bytes).toBe('2097152')
  })

  test('late, of an earlier time than what is known already, leaves what the catalog says', async () => {
    await using app = await application()
    const id = await there(app)
    idOf(await report(app, id))
    idOf(await report(app, id, { sizeBytes: 1n, occurredAt: '2026-03-01T00:29:00.000Z' }))
    idOf(await report(app, id, { sizeBytes: 2n, effectiveFrom: '2026-03-01T00:29:00.000Z' }))
    await app.settled()
    expect(app.catalog.imagesById([id])[0]?.size_bytes).toBe('2097152')
    idOf(await report(app, id, { sizeBytes: 3n, occurredAt: '2026-03-01T00:31:00.000Z' }))
    await app.settled()
    expect(app.catalog.imagesById([id])[0]?.size_bytes).toBe('3')
  })

  test('again as it is gives no event, and once more after another one did', async () => {
    await using app = await application()
    const id = await there(app)
    idOf(await report(app, id))
    const head = await app.log.head()
    expect(await report(app, id)).toStrictEqual(right({ id, position: head }))
    expect(await report(app, id, { effectiveFrom: null, reason: 'Again.' })).toStrictEqual(
      right({ id, position: head }),
    )
    idOf(await report(app, id, { sizeBytes: 1n }))
    idOf(await report(app, id))
    expect(await eventsAfter(app, head)).toStrictEqual([reported({ sizeBytes: '1' }), reported()])
  })

  test('counts late too, while the image is being deleted and once it is gone', async () => {
    await using app = await application({ limits: { deleteRecoveryHours: 1 } })
    const id = await there(app)
    await remove(app.services, id)
    const before = await app.log.head()
    idOf(await report(app, id))
    expect(await eventsAfter(app, before)).toStrictEqual([reported()])
    await using other = await application()
    const gone = await there(other)
    await remove(other.services, gone)
    expect((await imageNow(other, gone)).status).toBe('DELETED')
    idOf(await report(other, gone))
    expect((await imageNow(other, gone)).sizeReport).toStrictEqual({
      sizeBytes: 2_097_152n,
      measuredAt: measured,
      effectiveFrom: null,
    })
  })

  test('with the same idempotencyKey is done once, with another input a conflict', async () => {
    await using app = await application()
    const id = await there(app)
    const once = { idempotencyKey: 'once' }
    idOf(await report(app, id, once))
    idOf(await report(app, id, { sizeBytes: 1n }))
    const before = await app.log.head()
    const again = right({ id, position: before })
    expect(await report(app, id, once)).toStrictEqual(again)
    expect(
      await imageReportSize(app.node())(asAgent, { image: id, ...plain, ...once, effectiveFrom: null })(),
    ).toStrictEqual(again)
    for (const other of [{ sizeBytes: 7n }, { occurredAt: '2026-03-01T00:31:00.000Z' }, { ifRevision: 99 }])
      expect(refusalOf(await report(app, id, { ...once, ...other }))).toStrictEqual(idempotencyConflict())
    expect(await app.log.head()).toBe(before)
  })

  test('is refused at another revision than it is for', async () => {
    await using app = await application()
    const id = await there(app)
    for (const ifRevision of [1, 3])
      expect(await report(app, id, { ifRevision })).toStrictEqual(left(revisionConflict(ifRevision, 2)))
    idOf(await report(app, id, { ifRevision: 2 }))
  })
})

describe('The size of an image is reported by hypervisors and operators', () => {
  const bad = { sizeBytes: -1n, flavour: 'vanilla' }

  test('whosever it is, and whoever uses it', async () => {
    await using app = await application()
    const ofWeb = await available(app, 'debian')
    const ofLab = await available(app, 'debian', { project: 'lab' }, callerOf(people.recipient))
    idOf(await promote(app.services, ofWeb))
    app.clock.advance(HOUR)
    const before = await app.log.head()
    for (const id of [ofWeb, ofLab]) {
      idOf(await report(app, id))
      idOf(await report(app, id, { sizeBytes: 1n }, callerOf(people.operator)))
    }
    expect(await eventsAfter(app, before)).toStrictEqual([
      ...[reported(), reported({ sizeBytes: '1' })],
      ...[reported(), reported({ sizeBytes: '1' })],
    ])
    expect((await app.everything()).at(-1)?.metadata['actor']).toStrictEqual({
      id: 'olivia',
      kind: 'OPERATOR',
    })
  })

  test('not by its owners nor by those who see it, who are told so before the input is looked at', async () => {
    await using app = await application()
    const id = await there(app)
    idOf(await share(app.services, id, toLab))
    const before = await app.log.head()
    for (const person of ['collaborator', 'viewer', 'accountAdmin', 'recipient'] as const)
      for (const input of [bad, {}])
        expect(await report(app, id, input, callerOf(people[person]))).toStrictEqual(
          left(forbidden('OPERATOR', 'report the size of an image for a hypervisor')),
        )
    expect(await app.log.head()).toBe(before)
  })

  test('and those who do not see it learn nothing of it', async () => {
    await using app = await application()
    const id = await there(app)
    for (const who of [strangers.stranger, people.nobody, people.ofOps])
      expect(await report(app, id, bad, callerOf(who))).toStrictEqual(left(notFound('image', id)))
    for (const missing of [imageId(1), 'debian', ''])
      expect(await report(app, missing, bad)).toStrictEqual(left(notFound('image', missing)))
  })

  test('which shows a hypervisor nothing else of it', async () => {
    await using app = await application()
    const id = await there(app)
    for (const command of [update, remove, setVisibility, share])
      expect(await command(app.services, id, bad, asAgent)).toStrictEqual(left(notFound('image', id)))
  })
})

describe('A size is refused', () => {
  const invalid = (...issues: readonly InputIssue[]) => left(invalidInput(issues))
  const issue = (field: string, message: string): InputIssue => ({ path: [field], message })
  const positive = issue('sizeBytes', 'must be at least 1: leave what is not known unsaid')

  test.each<[string, object, readonly InputIssue[]]>([
    ['of nothing', { sizeBytes: 0n }, [positive]],
    ['of less than nothing', { sizeBytes: -1n }, [issue('sizeBytes', 'must not be negative'), positive]],
    ['beyond 63 bits', { sizeBytes: 2n ** 63n }, [issue('sizeBytes', 'must be at most 9223372036854775807')]],
    [
      'that is no whole number of bytes',
      { sizeBytes: 1.5 },
      [issue('sizeBytes', 'Invalid input: expected bigint, received number')],
    ],
    [
      'without a moment',
      { occurredAt: undefined },
      [issue('occurredAt', 'must be a UTC instant with three fractional digits')],
    ],
    [
      'from no moment on',
      { effectiveFrom: '2026-03-01' },
      [issue('effectiveFrom', 'must be a UTC instant with three fractional digits')],
    ],
    ['with what no report has', { flavour: 'vanilla' }, [issue('', 'Unrecognized key: "flavour"')]],
  ])('%s', async (_, input, issues) => {
    await using app = await application()
    const id = await there(app)
    const before = await app.log.head()
    expect(await report(app, id, input)).toStrictEqual(
      invalid(...issues.map(({ path, message }) => ({ path: path.filter((part) => part !== ''), message }))),
    )
    expect(await app.log.head()).toBe(before)
  })

  test('that is the largest there is not', async () => {
    await using app = await application()
    const id = await there(app)
    idOf(await report(app, id, { sizeBytes: 2n ** 63n - 1n }))
    await app.settled()
    expect(app.catalog.imagesById([id])[0]?.size_bytes).toBe('9223372036854775807')
  })

  test('that is ahead of the service’s clock by a millisecond, and not at its very moment', async () => {
    await using app = await application()
    const id = await there(app)
    /** What the clock shows when a command looks at it next, and so much after. */
    const next = (more: number): Instant => instantFromMillis(millisOf(app.clock.now()) + 1 + more)
    for (const field of ['occurredAt', 'effectiveFrom']) {
      const ahead = next(1)
      const now = instantFromMillis(millisOf(ahead) - 1)
      expect(await report(app, id, { [field]: ahead })).toStrictEqual(
        invalid(issue(field, `must not be in the future: it is ${now} now`)),
      )
      const moment = next(0)
      idOf(await report(app, id, { [field]: moment }))
    }
  })

  test('of an image that has no bytes yet', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    app.clock.advance(HOUR)
    expect(await report(app, id)).toStrictEqual(
      left(invalidState('CREATING', 'The image is CREATING: it has a size once it was AVAILABLE.')),
    )
  })
})

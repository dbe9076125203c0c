import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Command,
  commandOf,
  createdId,
  eventId,
  stepOf,
  systemCommand,
} from '../../src/application/command.ts'
import type { Principal } from '../../src/domain/access/principal.ts'
import { isUuid } from '../../src/domain/kernel/ids.ts'
import { acme, globex, instant, principal } from '../support/samples.ts'
import { testSize } from '../support/size.ts'

const now = instant('2026-03-01T00:00:00.000Z')
const alice = principal({ issuer: 'https://id.example', subject: 'alice', account: acme })

type Input = Parameters<typeof commandOf>[3] & { readonly [field: string]: unknown }
const command = (
  input: Input = { idempotencyKey: 'key' },
  who: Principal = alice,
  mutation = 'imageCreate',
): Command => commandOf({ principal: who, requestId: 'request' }, mutation, now, input)
const hash = (input: Input): string | undefined => command({ idempotencyKey: 'key', ...input }).inputHash

describe('The id of a command', () => {
  test('is a new one each time without an idempotencyKey, and nothing is remembered of its input', () => {
    const [one, other] = [command({ name: 'debian' }), command({ name: 'debian' })]
    expect(isUuid(one.id) && isUuid(other.id)).toBe(true)
    expect(one.id).not.toBe(other.id)
    expect(one).not.toHaveProperty('inputHash')
    expect(command({ idempotencyKey: null })).not.toHaveProperty('inputHash')
  })

  test('is the same for the same key, whatever else is asked for and whenever', () => {
    const later = commandOf(
      { principal: alice, requestId: 'another' },
      'imageCreate',
      instant('2027-01-01T00:00:00.000Z'),
      { idempotencyKey: 'key' },
    )
    expect(later.id).toBe(command().id)
    expect(command({ idempotencyKey: 'key', name: 'debian' }).id).toBe(command().id)
    expect(isUuid(later.id)).toBe(true)
  })

  test.each<[string, Command]>([
    ['issuer', command(undefined, { ...alice, issuer: 'https://other.example' })],
    ['subject', command(undefined, { ...alice, subject: 'bob' })],
    ['account', command(undefined, { ...alice, account: globex })],
    ['account, if one has none', command(undefined, { ...alice, account: null })],
    ['mutation', command(undefined, alice, 'imageUpdate')],
    ['key', command({ idempotencyKey: 'other' })],
  ])('is another for another %s', (_, other) => {
    expect(other.id).not.toBe(command().id)
  })

  test('is not changed by roles and projects, which come and go', () => {
    expect(command(undefined, { ...alice, accountRole: 'ADMIN', operator: true }).id).toBe(command().id)
  })

  test('never meets that of another tenant, however their names are put together', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '"', ',', '\\', '[', ']', ' ', '/'), maxLength: 3 })
    const identity = fc.tuple(part, part, fc.option(part, { nil: null }), part, part)
    const idOf = ([issuer, subject, account, mutation, idempotencyKey]: [
      string,
      string,
      string | null,
      string,
      string,
    ]): string =>
      command({ idempotencyKey }, principal({ issuer, subject, account: account as typeof acme }), mutation)
        .id
    fc.assert(
      fc.property(identity, identity, (one, other) => {
        expect(idOf(one) === idOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
      { numRuns: testSize(500, 20_000) },
    )
  })
})

describe('The hash of an input', () => {
  test('does not look at the order of its fields, at any depth', () => {
    expect(hash({ name: 'debian', source: { upload: { format: 'RAW', sizeBytes: 1n } } })).toBe(
      hash({ source: { upload: { sizeBytes: 1n, format: 'RAW' } }, name: 'debian' }),
    )
  })

  test('takes null and undefined for what is left out, at any depth', () => {
    expect(hash({ name: 'debian', os: null, arch: undefined, source: { upload: { format: null } } })).toBe(
      hash({ name: 'debian', source: { upload: {} } }),
    )
  })

  test.each<[string, Input, Input]>([
    ['a value', { name: 'debian' }, { name: 'ubuntu' }],
    ['a field', { name: 'debian' }, { os: 'debian' }],
    ['the order of a list', { tags: ['a', 'b'] }, { tags: ['b', 'a'] }],
    ['a level', { source: { upload: { format: 'RAW' } } }, { source: { format: 'RAW' } }],
    ['a number of bytes', { minDiskBytes: 1n }, { minDiskBytes: 2n }],
    ['false for what is left out', { protected: false }, {}],
    ['an empty list for what is left out', { tags: [] }, {}],
    ['a text for a list of it', { tags: 'a' }, { tags: ['a'] }],
    ['a reason', { reason: 'because' }, {}],
  ])('sees %s', (_, one, other) => {
    expect(hash(one)).not.toBe(hash(other))
  })

  test('is a SHA-256 in hexadecimal digits', () => {
    expect(hash({ name: 'debian' })).toMatch(/^[0-9a-f]{64}$/)
  })

  test('is the same for any order of the fields', () => {
    const field = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.bigInt(), fc.array(fc.string(), { maxLength: 2 })),
    )
    const fields = fc.uniqueArray(field, { selector: ([name]) => name, maxLength: 4 })
    const twoOrders = fields.chain((some) =>
      fc.tuple(
        fc.constant(some),
        fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length }),
      ),
    )
    fc.assert(
      fc.property(twoOrders, ([one, other]) => {
        expect(hash(Object.fromEntries(one))).toBe(hash(Object.fromEntries(other)))
      }),
    )
  })
})

describe('A command', () => {
  test('says who asks, and by which request', () => {
    expect(command({ reason: 'Because.', idempotencyKey: 'key' })).toStrictEqual({
      id: command().id,
      actor: { id: 'alice', kind: 'USER', account: 'acme' },
      reason: 'Because.',
      correlationId: 'request',
      requestId: 'request',
      occurredAt: now,
      inputHash: hash({ reason: 'Because.' }),
    })
  })

  test.each([
    [principal({ subject: 'olivia', operator: true }), { id: 'olivia', kind: 'OPERATOR' }],
    [principal({ subject: 'node-1', hypervisor: 'node-1' }), { id: 'node-1', kind: 'AGENT' }],
    [principal({ subject: 'carol' }), { id: 'carol', kind: 'USER' }],
    [
      principal({ subject: 'olivia', operator: true, account: acme }),
      { id: 'olivia', kind: 'OPERATOR', account: 'acme' },
    ],
  ])('is by an actor of the kind of the token', (who, actor) => {
    expect(command({}, who).actor).toStrictEqual(actor)
  })

  test.each(['', null, undefined])('without a reason has none: %j', (reason) => {
    expect(command({ reason })).not.toHaveProperty('reason')
  })

  test('of the service itself is the same whichever node carries it out', () => {
    const made = systemCommand('claims', 'release 1', now)
    expect(made).toStrictEqual({
      id: systemCommand('claims', 'release 1', instant('2027-01-01T00:00:00.000Z')).id,
      actor: { id: 'claims', kind: 'SYSTEM' },
      correlationId: made.id,
      requestId: made.id,
      occurredAt: now,
    })
    expect(systemCommand('claims', 'release 2', now).id).not.toBe(made.id)
    expect(systemCommand('contents', 'release 1', now).id).not.toBe(made.id)
  })

  test('has steps of their own ids, caused by it, that are not remembered by its key', () => {
    const whole = command({ idempotencyKey: 'key', reason: 'Because.' })
    const step = stepOf(whole, 'name')
    const { inputHash: _, ...rest } = whole
    expect(step).toStrictEqual({ ...rest, id: step.id, causationId: whole.id })
    expect(step.id).not.toBe(whole.id)
    expect(stepOf(whole, 'name').id).toBe(step.id)
    expect(stepOf(whole, 'other').id).not.toBe(step.id)
  })

  test('creates things under ids that follow from its own', () => {
    expect(createdId(command(), 'image 0')).toBe(createdId(command(), 'image 0'))
    expect(createdId(command(), 'image 0')).not.toBe(createdId(command(), 'image 1'))
    expect(isUuid(createdId(command(), 'image 0'))).toBe(true)
  })

  test('gives events whose ids tell command, stream, place and input apart, and are the same when it is repeated', () => {
    const one = command({ idempotencyKey: 'key', name: 'debian' })
    const ids = [
      eventId(one, 'image-1', 0),
      eventId(one, 'image-1', 1),
      eventId(one, 'image-2', 0),
      eventId(command({ idempotencyKey: 'other', name: 'debian' }), 'image-1', 0),
      eventId(command({ idempotencyKey: 'key', name: 'ubuntu' }), 'image-1', 0),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    expect(eventId(command({ idempotencyKey: 'key', name: 'debian' }), 'image-1', 0)).toBe(ids[0])
    expect(ids.every(isUuid)).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bytesSchema } from '../../../src/domain/kernel/bytes.ts'
import {
  decodeEvent,
  defineEvent,
  encodeEvent,
  type Json,
  type JsonObject,
  upcast,
} from '../../../src/domain/kernel/event.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { readRecorded, type StoredEvent } from '../../../src/domain/kernel/recorded.ts'
import { someMetadata } from '../../support/events.ts'

// A made-up event with a past: version 1 had a size in kilobytes, version 2 in bytes, version 3 says of which disk.
const kilobytes = (value: Json | undefined): number => Number(value)
const definitions = {
  DiskGrew: defineEvent(
    'DiskGrew',
    z.object({ disk: z.string(), bytes: bytesSchema }),
    ({ disk, bytes }) => `Disk ${disk} grew to ${bytes} bytes.`,
    [
      ({ kb, ...rest }) => ({ ...rest, bytes: String(kilobytes(kb) * 1024) }),
      (data) => ({ ...data, disk: 'first' }),
    ],
  ),
  DiskFailed: defineEvent('DiskFailed', z.object({}), () => 'The disk failed.'),
}

describe('An event type with a past', () => {
  test('is at one version more than it has upcasts', () => {
    expect(definitions.DiskGrew.version).toBe(3)
    expect(definitions.DiskFailed.version).toBe(1)
  })

  test.each<[number, JsonObject]>([
    [1, { kb: 2 }],
    [2, { bytes: '2048' }],
    [3, { bytes: '2048', disk: 'first' }],
  ])('reads what version %i wrote', (version, data) => {
    expect(decodeEvent(definitions, 'DiskGrew', data, version)).toStrictEqual(
      right({ type: 'DiskGrew', data: { disk: 'first', bytes: 2048n } }),
    )
  })

  test('brings stored data to the current version without changing it', () => {
    const stored: JsonObject = Object.freeze({ kb: 1 })
    expect(upcast(definitions.DiskGrew, stored, 1)).toStrictEqual(right({ bytes: '1024', disk: 'first' }))
    expect(stored).toStrictEqual({ kb: 1 })
  })

  test.each([0, -1, 4, 1.5, Number.NaN])('refuses version %d, which it never had', (version) => {
    expect(decodeEvent(definitions, 'DiskGrew', { bytes: '1', disk: 'a' }, version)).toStrictEqual(
      left(`DiskGrew has versions 1 to 3, not ${version}: written by a later program?`),
    )
  })
})

describe('Stored data', () => {
  test.each(['DiskShrank', 'toString', '__proto__', ''])('of the unknown type %j is not read', (type) => {
    expect(decodeEvent(definitions, type, {}, 1)).toStrictEqual(
      left(`There is no event type ${type} in this program.`),
    )
  })

  test('that does not fit is not read, and what is wrong is said', () => {
    expect(decodeEvent(definitions, 'DiskGrew', { disk: 'a', bytes: '-1' }, 3)).toStrictEqual(
      left(
        'DiskGrew does not fit its schema: ✖ Invalid string: must match pattern /^(0|[1-9]\\d{0,18})$/\n  → at bytes',
      ),
    )
  })

  test('that an upcast makes unfit is not read', () => {
    expect(decodeEvent(definitions, 'DiskGrew', { kb: 'many' }, 1)._tag).toBe('Left')
  })

  test('goes back to what it was', () => {
    const stored = { disk: 'second', bytes: '9007199254740993' }
    const event = decodeEvent(definitions, 'DiskGrew', stored, 3)
    expect(event).toStrictEqual(right({ type: 'DiskGrew', data: { disk: 'second', bytes: 2n ** 53n + 1n } }))
    if (event._tag === 'Right') expect(encodeEvent(definitions, event.right)).toStrictEqual(stored)
  })
})

describe('Writing an event', () => {
  test.each(['DiskShrank', 'toString'])('of the undefined type %s is a bug', (type) => {
    expect(() => encodeEvent(definitions, { type, data: {} })).toThrow(`${type} is not defined`)
  })

  test('that does not fit its own schema is a bug', () => {
    expect(() => encodeEvent(definitions, { type: 'DiskGrew', data: { disk: 'a', bytes: -1n } })).toThrow(
      z.ZodError,
    )
  })
})

describe('A recorded event', () => {
  const stored: StoredEvent = {
    id: '00000000-0000-4000-8000-000000000001',
    type: 'DiskGrew',
    data: { kb: 2 },
    metadata: someMetadata,
    stream: 'disk-1' as StoredEvent['stream'],
    revision: 4,
    position: 7n as StoredEvent['position'],
    recordedAt: '2026-03-01T00:00:00.001Z' as StoredEvent['recordedAt'],
  }

  test('is read by the version in its metadata, and keeps what the log says of it', () => {
    expect(readRecorded(definitions, stored)).toStrictEqual(
      right({ ...stored, type: 'DiskGrew', data: { disk: 'first', bytes: 2048n } }),
    )
  })

  test('keeps everything that its metadata may hold', () => {
    const metadata = {
      ...someMetadata,
      actor: { id: 'somebody', kind: 'OPERATOR', account: 'acme' },
      reason: 'It was full.',
      causationId: 'cause',
      inputHash: 'hash',
    }
    expect(readRecorded(definitions, { ...stored, metadata })).toStrictEqual(
      right({ ...stored, data: { disk: 'first', bytes: 2048n }, metadata }),
    )
  })

  test.each<[string, JsonObject]>([
    ['without metadata', {}],
    ['of an unknown kind of actor', { ...someMetadata, actor: { id: 'x', kind: 'ROBOT' } }],
    ['that happened at no moment', { ...someMetadata, occurredAt: '2026-03-01' }],
    ['of version 0', { ...someMetadata, schemaVersion: 0 }],
  ])('%s is not read', (_, metadata) => {
    const read = readRecorded(definitions, { ...stored, metadata })
    expect(read._tag === 'Left' && read.left.startsWith('The metadata does not fit: ')).toBe(true)
  })

  test('of a later version is not read', () => {
    const metadata = { ...someMetadata, schemaVersion: 4 }
    expect(readRecorded(definitions, { ...stored, metadata })).toStrictEqual(
      left('DiskGrew has versions 1 to 3, not 4: written by a later program?'),
    )
  })
})

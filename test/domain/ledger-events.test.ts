import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  decodeEvent,
  type EventDefinitions,
  encodeEvent,
  type JsonObject,
} from '../../src/domain/kernel/event.ts'
import { right } from '../../src/domain/kernel/fp.ts'
import { readRecorded, type StoredEvent } from '../../src/domain/kernel/recorded.ts'
import { type LedgerEvent, ledgerEvents } from '../../src/domain/ledger-events.ts'
import { acme, ams, instant, month, priceId, priceTerms, web } from '../support/samples.ts'
import { expected, image } from './events-as-read.ts'

// Events are stored for good, so what was ever written must be read for good. Each file in test/fixtures/events is the stored
// form of one version of one type. None is ever edited or removed: a new version comes with a file of its own, and here with
// what the program makes of it.

const directory = join(import.meta.dirname, '../fixtures/events')

interface Fixture {
  readonly data: JsonObject
  readonly metadata: JsonObject
}

const fixture = (name: string): Fixture => JSON.parse(readFileSync(join(directory, name), 'utf8'))

const partsOf = (file: string): { readonly type: string; readonly version: number } => {
  const [, type = '', version] = /^(\w+)\.v(\d+)\.json$/.exec(file) ?? []
  return { type, version: Number(version) }
}

const definitions: EventDefinitions = ledgerEvents

const everyVersion = Object.values(ledgerEvents).flatMap(({ type, version }) =>
  Array.from({ length: version }, (_, before) => `${type}.v${before + 1}.json`),
)

describe('The fixtures of events', () => {
  test('are one for every version of every type, and no more', () => {
    expect(readdirSync(directory).sort()).toStrictEqual([...everyVersion].sort())
    expect(Object.keys(expected).sort()).toStrictEqual([...everyVersion].sort())
  })

  test('are listed under the names that the events have', () => {
    for (const [name, { type }] of Object.entries(ledgerEvents)) expect(name).toBe(type)
  })
})

describe.each(Object.entries(expected))('What is stored in %s', (file, { data, summary }) => {
  const { type, version } = partsOf(file)

  test('is read as it was meant', () => {
    expect(decodeEvent(ledgerEvents, type, fixture(file).data, version)).toStrictEqual(right({ type, data }))
  })

  test('is told to a person in a sentence', () => {
    expect(definitions[type]?.summary(data)).toBe(summary)
  })

  test('is read with its metadata', () => {
    const { metadata, data: stored } = fixture(file)
    expect(metadata['schemaVersion']).toBe(version)
    const event: StoredEvent = {
      id: image,
      type,
      data: stored,
      metadata,
      stream: 'image-1' as StoredEvent['stream'],
      revision: 0,
      position: 1n as StoredEvent['position'],
      recordedAt: '2026-03-01T00:00:00.000Z' as StoredEvent['recordedAt'],
    }
    expect(readRecorded(ledgerEvents, event)).toStrictEqual(right({ ...event, data, metadata }))
  })

  test.runIf(version === definitions[type]?.version)('is written again as it is stored', () => {
    expect(encodeEvent(ledgerEvents, { type, data })).toStrictEqual(fixture(file).data)
  })
})

const march = instant('2026-03-01T00:00:00.000Z')
const forEverybody = { project: null, account: null, location: null }

describe('What the fixtures leave unsaid is told to a person as well', () => {
  test.each<[string, LedgerEvent]>([
    [
      'Offered to project web.',
      { type: 'ImageShared', data: { project: web, message: 'Take it.', expiresAt: null } },
    ],
    [
      'Deprecated.',
      {
        type: 'ImageDeprecated',
        data: { replacement: null, reason: null, obsoleteAt: null, deleteAt: null },
      },
    ],
    [
      'Deactivated by its owner: its bytes are withheld.',
      { type: 'ImageDeactivated', data: { by: 'OWNER' } },
    ],
    [
      'Only operators make its images public or community from now on.',
      { type: 'AccountMayPublishSet', data: { mayPublish: false } },
    ],
    ['At most 3 images from now on.', { type: 'AccountImageLimitSet', data: { limit: 3 } }],
    [
      'Location Rotterdam was created, with images disabled.',
      { type: 'LocationCreated', data: { name: 'Rotterdam', imagesEnabled: false } },
    ],
    [
      '1 bytes were measured at 2026-03-01T00:00:00.000Z.',
      { type: 'ImageSizeReported', data: { sizeBytes: 1n, measuredAt: march, effectiveFrom: null } },
    ],
    [
      'From 2026-03-01T00:00:00.000Z on, a GB and month costs everybody 0.05 EUR.',
      { type: 'StorageRateSet', data: { priceId: priceId(1), scope: forEverybody, terms: priceTerms() } },
    ],
    [
      'From 2026-03-01T00:00:00.000Z on, a GB and month costs account acme, location ams 0.05 EUR.',
      {
        type: 'StorageRateSet',
        data: {
          priceId: priceId(1),
          scope: { project: null, account: acme, location: ams },
          terms: priceTerms(),
        },
      },
    ],
    [
      'The forecast of 2026-03 reached 100 % of the budget: 7 EUR.',
      {
        type: 'BudgetThresholdReached',
        data: { percent: 100, basis: 'FORECAST', month: month('2026-03'), amount: '7', currency: 'EUR' },
      },
    ],
  ])('%s', (summary, { type, data }) => {
    expect(definitions[type]?.summary(data)).toBe(summary)
  })
})

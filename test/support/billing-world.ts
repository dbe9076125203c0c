import { Readable } from 'node:stream'
import type { BlobStore } from '../../src/application/ports/blob-store.ts'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import { parseDecimal } from '../../src/domain/kernel/decimal.ts'
import type { AccountId, BlobKey, LocationId, PriceId, ProjectId } from '../../src/domain/kernel/ids.ts'
import { instantFromMillis } from '../../src/domain/kernel/instant.ts'
import { type Month, startOfMonth } from '../../src/domain/kernel/month.ts'
import type { Position, Recorded } from '../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../src/domain/ledger-events.ts'
import type { PriceScope, PriceTerms } from '../../src/domain/pricing/events.ts'
import { scopeId } from '../../src/domain/pricing/state.ts'
import { billingProjection } from '../../src/projections/billing/apply.ts'
import {
  type Billing,
  billingOf,
  type Usage,
  type UsageRequest,
} from '../../src/projections/billing/billing.ts'
import { draftOf } from '../../src/projections/billing/draft.ts'
import { type ExportRequest, exportOf } from '../../src/projections/billing/exports/export.ts'
import type { Fact } from '../../src/projections/billing/life.ts'
import type { Price } from '../../src/projections/billing/prices.ts'
import { liveModel, recorder } from './projected.ts'
import {
  acme,
  ams,
  claimId,
  content,
  globex,
  imageId,
  imageName,
  lab,
  ops,
  registration,
  web,
} from './samples.ts'

export const GB = 10n ** 9n
export const fra = 'fra' as LocationId

/** Blobs in memory, under their keys. */
const memoryBlobs = (): BlobStore & { readonly kept: Map<string, Buffer> } => {
  const kept = new Map<string, Buffer>()
  return {
    kept,
    create: async (key) => {
      const chunks: Uint8Array[] = []
      return {
        write: async (chunk) => void chunks.push(chunk),
        commit: async () => void kept.set(key, Buffer.concat(chunks)),
        abort: async () => undefined,
      }
    },
    read: async (key) => {
      const bytes = kept.get(key)
      return bytes === undefined ? null : Readable.from([bytes], { objectMode: false })
    },
    size: async (key) => {
      const bytes = kept.get(key)
      return bytes === undefined ? null : BigInt(bytes.length)
    },
    list: async function* () {
      for (const key of kept.keys()) yield { key: key as BlobKey, writtenAt: new Date() }
    },
    remove: async (key) => void kept.delete(key),
  }
}

/** An instant as tests like to write it: 2026-01-10, 2026-01-10T10:30:00Z, or milliseconds. */
export type When = string | number
export const millis = (when: When): number => (typeof when === 'number' ? when : Date.parse(when))
const instantOf = (when: When) => instantFromMillis(millis(when))

interface ImageGiven {
  readonly name?: string
  readonly account?: AccountId
  readonly project?: ProjectId
  readonly location?: LocationId
  readonly official?: boolean
  /** Of its content; null for one that has none when it becomes available. */
  readonly sizeBytes?: bigint | null
}

type PriceGiven = Partial<PriceScope> &
  Partial<Omit<PriceTerms, 'ratePerGbMonth' | 'effectiveFrom'>> & {
    readonly rate?: string
    readonly from?: When
  }

/** What a month comes to when it is drafted, to be sealed now or later. */
export type Draft = ReturnType<typeof draftOf> & { readonly account: AccountId }

type Asked = Partial<Omit<UsageRequest, 'from' | 'to' | 'asOf'>> & {
  readonly from?: When
  readonly to?: When
  readonly asOf?: When
}

/** What is written down of a world while it goes on. */
interface Core {
  readonly record: (stream: string, event: LedgerEvent, when?: When) => Recorded<LedgerEvent>
  /** The facts of each image as billing is to take them, for oracles. */
  readonly images: Map<
    string,
    { readonly location: string; readonly account: string; readonly facts: Fact[] }
  >
  readonly book: Price[]
}

/** Registers an image; what it gives tells of its life, each as the event that it is. */
const imageIn = ({ record, images }: Core, given: ImageGiven) => {
  const { account = acme, location = ams, official = false, sizeBytes = GB } = given
  let project: ProjectId | null = given.project ?? web
  const id = imageId(images.size + 1)
  const name = imageName(given.name ?? `image-${images.size + 1}`)
  const facts: Fact[] = []
  images.set(id, { account, location, facts })
  const tell = (event: ImageEvent, when: When = 0) => record(`image-${id}`, event, when)
  const told = (event: ImageEvent, when: When, what: object) => {
    const recorded = tell(event, when)
    const fact = { id: recorded.id, at: millis(when), revision: recorded.revision, ...what } as Fact
    if (!official) facts.push(fact)
    return recorded
  }
  tell({ type: 'ImageRegistered', data: registration({ account, project, location, name, official }) })
  if (sizeBytes !== null) tell({ type: 'ImageContentStored', data: { content: content({ sizeBytes }) } })
  const moved = { name, claimId: claimId(1) }
  return {
    id,
    tell,
    available: (when: When) =>
      told({ type: 'ImageBecameAvailable', data: {} }, when, { type: 'AVAILABLE', project, sizeBytes }),
    sizeReported: (when: When, bytes: bigint, effective: When | null = null) => {
      const effectiveFrom = effective === null ? null : instantOf(effective)
      const data = { sizeBytes: bytes, measuredAt: instantOf(when), effectiveFrom }
      const effectiveAt = effective === null ? null : millis(effective)
      return told({ type: 'ImageSizeReported', data }, when, {
        type: 'SIZE_REPORTED',
        sizeBytes: bytes,
        effectiveAt,
      })
    },
    promoted: (when: When) => {
      const from = project ?? web
      project = null
      return told({ type: 'ImagePromoted', data: { from, ...moved } }, when, { type: 'MOVED', project })
    },
    demoted: (when: When, to: ProjectId) => {
      project = to
      return told({ type: 'ImageDemoted', data: { project, ...moved } }, when, { type: 'MOVED', project })
    },
    deleted: (when: When) => {
      const data = { deleteAt: instantOf(when), scheduled: false }
      return told({ type: 'ImageDeletionRequested', data }, when, { type: 'DELETED' })
    },
    restored: (when: When) => told({ type: 'ImageRestored', data: {} }, when, { type: 'RESTORED' }),
    renamed: (to: string) =>
      tell({ type: 'ImageRenamed', data: { from: name, name: imageName(to), claimId: claimId(2) } }),
  }
}

/** Sets a price, 0.05 USD a GB and month for all where nothing else is said. */
const priceIn = ({ record, book }: Core, given: PriceGiven): PriceId => {
  const { rate = '0.05', from = '2020-01-01', account = null, location = null, project = null } = given
  const { currency = 'USD', unit = 'GB', hoursBasis = 'CALENDAR', hourPolicy = 'STARTED_HOUR' } = given
  const priceId = `00000004-0000-4000-8000-${String(book.length + 1).padStart(12, '0')}` as PriceId
  const scope = { project, account, location }
  const rest = { currency, hoursBasis, hourPolicy }
  const terms = { ratePerGbMonth: rate, effectiveFrom: instantOf(from), unit, ...rest }
  record(`pricing-${scopeId(scope)}`, { type: 'StorageRateSet', data: { priceId, scope, terms } })
  const unitBytes = unit === 'GB' ? GB : 2n ** 30n
  const units = parseDecimal(rate, 6) ?? -1n
  book.push({ id: priceId, ...scope, effectiveFrom: millis(from), rate: units, unitBytes, ...rest })
  return priceId
}

const scopeOf = ({ from = '2026-01-01', to = '2026-05-01', asOf = to, ...rest }: Asked) => ({
  account: acme,
  projects: null,
  images: null,
  granularity: 'MONTH' as const,
  ...rest,
  from: millis(from),
  to: millis(to),
  asOf: millis(asOf),
})

/** By default all that acme used from January to April 2026, a line an image and month. */
export const usageOf = (billing: Billing, asked: Asked = {}): Promise<Usage> =>
  billing.usage({ groupBy: ['IMAGE'], mostLines: Number.POSITIVE_INFINITY, ...scopeOf(asked) })

export type BillingWorld = ReturnType<typeof billingWorld>
export type BilledImage = ReturnType<BillingWorld['image']>

/**
 * A ledger as billing reads it, each event as it comes, with the questions that billing answers: account acme (projects web
 * and ops), account globex (project lab), locations ams and fra. `names`: what is not called by its id.
 */
export const billingWorld = (names: Readonly<Record<string, string>> = {}) => {
  const { db, apply } = liveModel(billingProjection)
  // After a restart another applier goes on over the same tables.
  let applied = apply
  const ledger = recorder()
  const blobs = memoryBlobs()
  const provider = names['provider'] ?? 'Clouds'
  const position = () => BigInt(ledger.events.length) as Position
  const billing = billingOf({ database: () => db, position, blobs, provider })
  const record: Core['record'] = (stream, event, when = 0) => {
    const recorded = ledger.record(stream, event, instantOf(when))
    applied(recorded)
    return recorded
  }
  const core: Core = { record, images: new Map(), book: [] }
  beginIn(core, (id) => names[id] ?? id)

  const close = (month: string, account: AccountId = acme) => {
    const data = { month: month as Month, sealAt: instantOf('2026-12-01') }
    return record(`billing-${account}`, { type: 'BillingPeriodClosingBegan', data })
  }
  const draft = (month: string, account: AccountId = acme): Draft => {
    const of = { account, month: startOfMonth(month as Month), position: position(), provider }
    return { ...draftOf(db, of), account }
  }
  /** Keeps the statement, and records that the month was sealed with it. */
  const sealWith = async ({ content: bytes, seal, account }: Draft) => {
    const writer = await blobs.create(seal.sha256 as BlobKey)
    await writer.write(bytes)
    await writer.commit()
    return record(`billing-${account}`, { type: 'BillingPeriodSealed', data: seal })
  }
  return {
    ...core,
    db,
    blobs,
    billing,
    events: ledger.events,
    close,
    draft,
    sealWith,
    /** Tells what was told before once more: the same event. */
    again: (event: Recorded<LedgerEvent>): void => applied({ ...event, position: position() }),
    image: (given: ImageGiven = {}) => imageIn(core, given),
    price: (given: PriceGiven = {}) => priceIn(core, given),
    seal: async (month: string, account: AccountId = acme) => {
      close(month, account)
      const drafted = draft(month, account)
      await sealWith(drafted)
      return drafted
    },
    restart: () => {
      applied = billingProjection.applier(db)
    },
    usage: (asked: Asked = {}): Promise<Usage> => usageOf(billing, asked),
    /** A month of acme as a file, everything in it that has happened until the end of 2026. */
    exported: async (month: string, asked: Partial<Omit<ExportRequest, 'month'>> = {}): Promise<string> => {
      const all = { format: 'USAGE', account: acme, projects: null, asOf: Date.UTC(2027, 0) } as const
      let text = ''
      for await (const piece of await exportOf(billing, { ...all, ...asked, month: month as Month }))
        text += piece
      return text
    },
  }
}

const beginIn = ({ record }: Core, named: (id: string) => string): void => {
  for (const id of [ams, fra])
    record(`location-${id}`, { type: 'LocationCreated', data: { name: named(id), imagesEnabled: true } })
  for (const id of [acme, globex])
    record(`account-${id}`, { type: 'AccountCreated', data: { name: named(id), imageLimit: null } })
  const projects = [
    [web, acme],
    [ops, acme],
    [lab, globex],
  ] as const
  for (const [id, account] of projects)
    record(`project-${id}`, { type: 'ProjectCreated', data: { name: named(id), account } })
}

import { parseDecimal } from '../../domain/kernel/decimal.ts'
import { millisOf } from '../../domain/kernel/instant.ts'
import { startOfMonth } from '../../domain/kernel/month.ts'
import type { Position, Recorded } from '../../domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../domain/ledger-events.ts'
import { RATE_DECIMALS } from '../../domain/pricing/events.ts'
import type { Projection, SqlDatabase } from '../projection.ts'
import { livesIn } from './lives.ts'
import { tables } from './tables.ts'

const unitBytes = { GB: 10n ** 9n, GIB: 2n ** 30n } as const

/** The reading of the ledger that bills are made from. */
export const billingProjection: Projection = {
  name: 'billing',
  version: 1,
  tables,
  indexes: '',
  applier: (db) => {
    const lives = livesIn(db)
    const appliers = [
      (event: Event) => applyToImage(lives, event),
      applierOfPrices(db, lives),
      applierOfPeriods(db, lives),
      applierOfNames(db),
    ]
    return (recorded) => {
      for (const apply of appliers) apply(recorded as Event)
    }
  },
}

type Event = Recorded<LedgerEvent>
type Lives = ReturnType<typeof livesIn>

const idOf = ({ stream }: Event): string => stream.slice(stream.indexOf('-') + 1)

const applyToImage = (lives: Lives, event: Event): void => {
  const { revision, metadata, position } = event
  const common = { id: event.id, at: millisOf(metadata.occurredAt), revision }
  const image = idOf(event)
  switch (event.type) {
    case 'ImageRegistered': {
      const { account, location, name, project, official } = event.data
      lives.begin({ image, account, location, project, official: Number(official) }, name)
      return
    }
    case 'ImageRenamed':
      lives.rename(image, event.data.name)
      return
    case 'ImageContentStored':
      lives.measure(image, event.data.content.sizeBytes)
      return
    case 'ImageBecameAvailable':
      lives.tell(image, position, ({ project, size_bytes: size }) => ({
        ...common,
        type: 'AVAILABLE',
        project,
        sizeBytes: size === null ? null : BigInt(size),
      }))
      return
    case 'ImageSizeReported': {
      const { sizeBytes, effectiveFrom } = event.data
      const effectiveAt = effectiveFrom === null ? null : millisOf(effectiveFrom)
      lives.tell(image, position, () => ({ ...common, type: 'SIZE_REPORTED', sizeBytes, effectiveAt }))
      return
    }
    case 'ImagePromoted':
      lives.give(image, null, event.data.name)
      lives.tell(image, position, () => ({ ...common, type: 'MOVED', project: null }))
      return
    case 'ImageDemoted': {
      const { project, name } = event.data
      lives.give(image, project, name)
      lives.tell(image, position, () => ({ ...common, type: 'MOVED', project }))
      return
    }
    case 'ImageDeletionRequested':
      lives.tell(image, position, () => ({ ...common, type: 'DELETED' }))
      return
    case 'ImageRestored':
      lives.tell(image, position, () => ({ ...common, type: 'RESTORED' }))
      return
  }
}

const applierOfPrices = (db: SqlDatabase, lives: Lives) => {
  const insert = db.prepare(
    `INSERT INTO prices
      (id, project, account, location, effective_from, currency, rate, unit_bytes, hours_basis, hour_policy, event, told)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  return (event: Event): void => {
    if (event.type !== 'StorageRateSet') return
    const { priceId: id, scope, terms } = event.data
    const { currency, hoursBasis, hourPolicy } = terms
    const rate = parseDecimal(terms.ratePerGbMonth, RATE_DECIMALS)
    if (rate === null) throw new Error(`The price ${id} has no rate: ${terms.ratePerGbMonth}`)
    const price = {
      id,
      ...scope,
      effectiveFrom: millisOf(terms.effectiveFrom),
      currency,
      rate,
      unitBytes: unitBytes[terms.unit],
      hoursBasis,
      hourPolicy,
      event: event.id,
      told: event.position,
    }
    insert.run(
      id,
      scope.project,
      scope.account,
      scope.location,
      price.effectiveFrom,
      currency,
      String(rate),
      String(price.unitBytes),
      hoursBasis,
      hourPolicy,
      event.id,
      event.position,
    )
    lives.priced(price)
  }
}

const applierOfPeriods = (db: SqlDatabase, lives: Lives) => {
  const close = db.prepare('INSERT INTO periods (account, month, seal_at) VALUES (?, ?, ?)')
  const seal = db.prepare(
    `UPDATE periods SET sealed_at = ?, position = ?, sha256 = ?, lines = ?, pending_size = ?, unpriced = ?, totals = ?
      WHERE account = ? AND month = ?`,
  )
  const budget = db.prepare(
    `INSERT INTO budgets (account, amount, currency, thresholds, reached) VALUES (?1, ?2, ?3, ?4, '[]')
      ON CONFLICT DO UPDATE SET amount = ?2, currency = ?3, thresholds = ?4,
        reached = iif(amount = ?2 AND currency = ?3, reached, '[]')`,
  )
  const noBudget = db.prepare('DELETE FROM budgets WHERE account = ?')
  const reached = db.prepare(
    "UPDATE budgets SET reached = json_insert(reached, '$[#]', json(?)) WHERE account = ?",
  )
  return (event: Event): void => {
    const account = idOf(event)
    const { occurredAt } = event.metadata
    switch (event.type) {
      case 'BillingPeriodClosingBegan':
        close.run(account, startOfMonth(event.data.month), event.data.sealAt)
        return
      case 'BillingPeriodSealed': {
        const { month, position, sha256, lines, pendingSize, unpriced, totals } = event.data
        const start = startOfMonth(month)
        const before = lives.sealedUntil(account)
        const sum = JSON.stringify(totals)
        seal.run(occurredAt, position, sha256, lines, pendingSize, unpriced, sum, account, start)
        lives.sealed(account, start, BigInt(position) as Position, before)
        return
      }
      case 'BudgetSet': {
        const { amount, currency, thresholds } = event.data
        budget.run(account, amount, currency, JSON.stringify(thresholds))
        return
      }
      case 'BudgetRemoved':
        noBudget.run(account)
        return
      case 'BudgetThresholdReached':
        reached.run(JSON.stringify({ ...event.data, at: occurredAt }), account)
        return
    }
  }
}

const applierOfNames = (db: SqlDatabase) => {
  const insert = db.prepare('INSERT INTO names (kind, id, name, account) VALUES (?, ?, ?, ?)')
  return (event: Event): void => {
    switch (event.type) {
      case 'AccountCreated':
        insert.run('account', idOf(event), event.data.name, null)
        return
      case 'ProjectCreated':
        insert.run('project', idOf(event), event.data.name, event.data.account)
        return
      case 'LocationCreated':
        insert.run('location', idOf(event), event.data.name, null)
        return
    }
  }
}

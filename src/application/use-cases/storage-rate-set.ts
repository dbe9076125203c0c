import { z } from 'zod'
import { authorize } from '../../domain/access/access.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { AccountId, PriceId } from '../../domain/kernel/ids.ts'
import { type Instant, instantSchema } from '../../domain/kernel/instant.ts'
import { invalidInput, type Refusal } from '../../domain/kernel/refusal.ts'
import { decide } from '../../domain/pricing/decide.ts'
import {
  type HourPolicy,
  hourPolicies,
  hoursBases,
  type PriceScope,
  RATE_DECIMALS,
  storageUnits,
} from '../../domain/pricing/events.ts'
import { pricingAggregate, scopeId } from '../../domain/pricing/state.ts'
import { currency, decimal } from '../billing-input.ts'
import { type Caller, commandOf, createdId } from '../command.ts'
import type { Done } from '../done.ts'
import { idempotencyKey, parseInput } from '../input.ts'
import { reachAccount, reachLocation, reachProject } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({
  location: z.string().nullish(),
  account: z.string().nullish(),
  project: z.string().nullish(),
  currency,
  ratePerGbMonth: decimal(RATE_DECIMALS, '0.05'),
  effectiveFrom: instantSchema,
  unit: z.enum(storageUnits).nullish(),
  hoursBasis: z.enum(hoursBases).nullish(),
  hourPolicy: z.enum(hourPolicies).nullish(),
  idempotencyKey,
})

interface RawInput {
  readonly location?: string | null | undefined
  readonly account?: string | null | undefined
  readonly project?: string | null | undefined
  readonly [field: string]: unknown
}

/**
 * Sets what storage costs from an instant on: for a project, an account, a location, or everybody. What was set is never
 * changed; the next version takes over at its date. Operators only. Refusals: NotFound, Forbidden, InvalidInput (also for a
 * second price of one scope and instant), IdempotencyConflict.
 */
export const storageRateSet =
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Done<PriceId>> =>
  async () => {
    const { ledger, clock, bills } = services
    const allowed = authorize(caller.principal, 'setPrices', { kind: 'platform' })
    if (allowed._tag === 'Left') return allowed
    const whom = await scopeOf(services, caller, raw)
    if ('tag' in whom) return left(whom)
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { scope, payer } = whom
    const { currency, ratePerGbMonth, effectiveFrom, unit, hoursBasis, hourPolicy } = parsed.right
    const command = commandOf(caller, 'storageRateSet', clock.now(), parsed.right)
    const priceId = createdId(command, `price ${scopeId(scope)} ${effectiveFrom}`) as PriceId
    const terms = {
      currency,
      ratePerGbMonth,
      effectiveFrom,
      unit: unit ?? 'GB',
      hoursBasis: hoursBasis ?? 'CALENDAR',
      hourPolicy: hourPolicy ?? 'STARTED_HOUR',
    } as const
    const changed = await ledger.change(pricingAggregate, scopeId(scope), command, (state) => {
      const decision = decide({ type: 'SetStorageRate', priceId, scope, terms }, state)
      if (decision._tag === 'Left' || decision.right.length === 0) return decision
      const policy = bills.hourPolicy()
      if (policy !== null && policy !== terms.hourPolicy) return left(otherPolicy(policy))
      const sealedUntil = bills.sealedUntil(payer)
      return sealedUntil !== null && effectiveFrom < sealedUntil ? left(insideSealed(sealedUntil)) : decision
    })
    if (changed._tag === 'Left') return changed
    const version = changed.right.state.versions.get(effectiveFrom)
    if (version === undefined) throw new Error(`No price of ${scopeId(scope)} from ${effectiveFrom} on`)
    return right({ id: version.priceId, position: changed.right.position })
  }

/** Where the one follows the other a part of an hour would be billed twice, or not at all. */
const otherPolicy = (policy: HourPolicy): Refusal =>
  invalidInput([
    {
      path: ['hourPolicy'],
      message: `must be ${policy}, as that of the prices that are set: hours are counted in one way`,
    },
  ])

/** What is sealed was billed at the prices of its time (BILLING.md, 14). */
const insideSealed = (sealedUntil: Instant): Refusal =>
  invalidInput([
    {
      path: ['effectiveFrom'],
      message: `must not be inside a month that is sealed: ${sealedUntil} is the earliest`,
    },
  ])

/** What a price names must be there, and fit together. `payer`: the account that it is for, where it is for one. */
const scopeOf = async (
  { ledger }: Services,
  { principal }: Caller,
  { location, account, project }: RawInput,
): Promise<{ readonly scope: PriceScope; readonly payer: AccountId | null } | Refusal> => {
  const ofLocation = isNamed(location)
    ? await reachLocation(ledger, principal, 'seeLocation', location)
    : null
  if (ofLocation?._tag === 'Left') return ofLocation.left
  const ofAccount = isNamed(account) ? await reachAccount(ledger, principal, 'seeAccount', account) : null
  if (ofAccount?._tag === 'Left') return ofAccount.left
  const ofProject = isNamed(project) ? await reachProject(ledger, principal, 'seeProject', project) : null
  if (ofProject?._tag === 'Left') return ofProject.left
  const named = ofAccount?.right.id ?? null
  const owner = ofProject?.right.account ?? named
  if (named !== null && owner !== named)
    return invalidInput([
      { path: ['project'], message: `must be of account ${named}: leave the account out` },
    ])
  const scope = {
    project: ofProject?.right.id ?? null,
    account: named,
    location: ofLocation?.right.id ?? null,
  }
  return { scope, payer: owner }
}

const isNamed = (id: string | null | undefined): id is string => id !== null && id !== undefined

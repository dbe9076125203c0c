import fc from 'fast-check'
import type { Principal } from '../../src/domain/access/principal.ts'
import { decide, type ImageCommand } from '../../src/domain/image/decide.ts'
import { type ImageEvent, imageVisibilities } from '../../src/domain/image/events.ts'
import {
  type ImageState,
  imageAggregate,
  isRegistered,
  type RegisteredImage,
} from '../../src/domain/image/state.ts'
import type { AccountId, ImageId, ProjectId } from '../../src/domain/kernel/ids.ts'
import { type Instant, instantFromMillis } from '../../src/domain/kernel/instant.ts'
import type { Recorded } from '../../src/domain/kernel/recorded.ts'
import { roles } from '../../src/domain/kernel/refusal.ts'
import type { LedgerEvent } from '../../src/domain/ledger-events.ts'
import { recorder } from './projected.ts'
import {
  acme,
  claimId,
  content,
  globex,
  imageId,
  imageName,
  lab,
  ops,
  plainDetails,
  principal,
  registration,
  web,
} from './samples.ts'

// Worlds of some accounts, their projects and images with any legal history, and somebody who asks for them.

const initech = 'initech' as AccountId
const shop = 'shop' as ProjectId
/** A project of which the ledger learns in the course of things, or never. */
const late = 'late' as ProjectId
/** A project of which it never learns. */
const ghost = 'ghost' as ProjectId
const accountIds = [acme, globex, initech] as const

export interface Project {
  readonly id: ProjectId
  readonly account: AccountId
}

/** Initech has none in the beginning. */
const projectsAtFirst: readonly Project[] = [
  { id: web, account: acme },
  { id: ops, account: acme },
  { id: lab, account: globex },
  { id: shop, account: globex },
]
const mayBeOffered = [web, ops, lab, shop, late, ghost] as const

/** What every image has in its description. */
export const EVERYWHERE = 'golden'

export interface World {
  readonly events: readonly Recorded<LedgerEvent>[]
  /** Those that the ledger knows. */
  readonly projects: readonly Project[]
  readonly images: readonly { readonly id: ImageId; readonly events: readonly ImageEvent[] }[]
  /** How a counterexample shows it. */
  readonly [fc.toStringMethod]: () => string
}

export const accountIn =
  ({ projects }: World) =>
  (id: ProjectId): AccountId | null =>
    projects.find((project) => project.id === id)?.account ?? null

/** What is asked of an image next; `which` counts round among what there is then. */
const steps = {
  store: 4,
  reportSize: 2,
  fail: 1,
  retry: 1,
  offer: 14,
  accept: 18,
  reject: 3,
  expire: 2,
  unshare: 2,
  show: 3,
  promote: 6,
  demote: 4,
  deprecate: 5,
  carryOutDates: 3,
  undeprecate: 2,
  deactivate: 1,
  describe: 2,
  requestDeletion: 2,
  completeDeletion: 2,
  restore: 1,
} as const satisfies Record<string, number>

interface Step {
  readonly does: keyof typeof steps
  readonly which: number
}

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.oneof(
    ...Object.entries(steps).map(([does, weight]) => ({
      weight,
      arbitrary: fc.constant(does as keyof typeof steps),
    })),
  ),
  which: fc.nat(11),
})

const MINUTE = 60_000
const minute = (n: number): Instant => instantFromMillis(Date.UTC(2026, 2, 1) + n * MINUTE)

const at = <Value>(values: readonly Value[], which: number): Value => {
  const value = values[which % values.length]
  if (value === undefined) throw new Error('There is nothing to choose from')
  return value
}

/** Null where there is nothing that it could be asked of. */
const commandOf = (
  { does, which }: Step,
  state: RegisteredImage,
  projects: readonly Project[],
  n: number,
): ImageCommand | null => {
  const { account, name } = state
  const now = minute(n)
  const offers = [...state.shares.keys()]
  const answer = (type: 'AcceptShare' | 'RejectShare' | 'ExpireShare' | 'Unshare'): ImageCommand | null =>
    offers.length === 0 ? null : { type, project: at(offers, which), now }
  switch (does) {
    case 'store':
      return { type: 'StoreContent', content: content() }
    case 'reportSize':
      return {
        type: 'ReportSize',
        report: { sizeBytes: BigInt(which + 1), measuredAt: now, effectiveFrom: null },
        now,
      }
    case 'fail':
      return { type: 'FailCreation', code: 'EMPTY_IMAGE', message: 'It is empty.' }
    case 'retry':
      return { type: 'RetryCreation' }
    case 'offer': {
      const expiresAt = which < 6 ? null : minute(n + 2)
      return { type: 'Share', project: at(mayBeOffered, which), message: null, expiresAt, now }
    }
    case 'accept':
      return answer('AcceptShare')
    case 'reject':
      return answer('RejectShare')
    case 'expire':
      return answer('ExpireShare')
    case 'unshare':
      return answer('Unshare')
    case 'show':
      return { type: 'SetVisibility', visibility: at(imageVisibilities, which) }
    case 'promote':
      return { type: 'Promote', name, claimId: claimId(n) }
    case 'demote': {
      const own = projects.filter((project) => project.account === account)
      return { type: 'Demote', project: at(own, which).id, name, claimId: claimId(n) }
    }
    case 'deprecate': {
      const dates = {
        obsoleteAt: which % 2 === 0 ? minute(n + 1) : null,
        deleteAt: which % 4 === 0 ? minute(n + 3) : null,
      }
      return { type: 'Deprecate', notice: { replacement: null, reason: null, ...dates }, unfit: null, now }
    }
    case 'carryOutDates':
      return { type: 'CarryOutDates', now, deleteAt: now }
    case 'undeprecate':
      return { type: 'Undeprecate' }
    case 'deactivate':
      return { type: 'Deactivate', by: 'OWNER' }
    case 'describe': {
      const details = { description: `${EVERYWHERE} since ${which}` }
      const others = { setProperties: [], removeProperties: [], addTags: [], removeTags: [] }
      return { type: 'ChangeImage', changes: { details, ...others } }
    }
    case 'requestDeletion':
      return { type: 'RequestDeletion', now, deleteAt: minute(n + (which % 2) * 4) }
    case 'completeDeletion':
      return { type: 'CompleteDeletion', now }
    case 'restore':
      return { type: 'Restore', now }
  }
}

/** An image before it is: whose, seen by whom, in which minute, and what is asked of it in the minutes after. */
const plan = fc.record({
  owner: fc.constantFrom(...projectsAtFirst),
  visibility: fc.constantFrom('PRIVATE', 'PRIVATE', 'PRIVATE', ...imageVisibilities),
  from: fc.nat(2),
  steps: fc.array(step, { maxLength: 14, size: 'max' }),
})
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never

const firstCommand = ({ owner, visibility }: Plan, n: number): ImageCommand => ({
  type: 'RegisterImage',
  visibility,
  registration: registration({
    account: owner.account,
    project: owner.id,
    name: imageName(`debian-${(n * 5) % 8}`),
    claimId: claimId(100 + n),
    details: { ...plainDetails, description: EVERYWHERE },
  }),
})

const MINUTES = 18

const worldOf = (
  plans: readonly Plan[],
  lateCreation: { minute: number; account: AccountId } | null,
): World => {
  const ledger = recorder()
  for (const id of accountIds)
    ledger.record(`account-${id}`, { type: 'AccountCreated', data: { name: id, imageLimit: null } })
  const projects: Project[] = []
  const create = (project: Project) => {
    projects.push(project)
    const { account, id: name } = project
    ledger.record(`project-${name}`, { type: 'ProjectCreated', data: { account, name } })
  }
  projectsAtFirst.forEach(create)
  const images = plans.map((each, index) => ({
    plan: each,
    id: imageId((index * 7) % 11),
    events: [] as ImageEvent[],
    state: imageAggregate.initial as ImageState,
  }))
  for (let n = 0; n < MINUTES; n += 1) {
    if (lateCreation?.minute === n) create({ id: late, account: lateCreation.account })
    for (const [index, image] of images.entries()) {
      const next = image.plan.steps[n - image.plan.from - 1]
      const command =
        n === image.plan.from
          ? firstCommand(image.plan, index)
          : next !== undefined && isRegistered(image.state)
            ? commandOf(next, image.state, projects, n)
            : null
      const decision = command === null ? null : decide(command, image.state)
      for (const event of decision?._tag === 'Right' ? decision.right : []) {
        image.state = imageAggregate.evolve(image.state, event)
        image.events.push(event)
        // Some at the same moment.
        ledger.record(`image-${image.id}`, event, minute(n))
      }
    }
  }
  return {
    events: ledger.events,
    projects,
    images: images.map(({ id, events }) => ({ id, events })),
    [fc.toStringMethod]: () => ledger.events.map(inWords).join('\n'),
  }
}

/** A line of a counterexample. */
const inWords = ({ stream, type, data }: Recorded<LedgerEvent>): string =>
  type === 'ImageRegistered'
    ? `${stream}: ${type} in ${data.project}`
    : `${stream}: ${type} ${fc.stringify(data)}`

export const worlds: fc.Arbitrary<World> = fc
  .tuple(
    fc.array(plan, { minLength: 3, maxLength: 8, size: 'max' }),
    fc.option(fc.record({ minute: fc.nat(MINUTES - 1), account: fc.constantFrom(...accountIds) }), {
      nil: null,
    }),
  )
  .map(([plans, lateCreation]) => worldOf(plans, lateCreation))

/** Anybody, with any token; that of an operator may name roles too. */
export const somebody: fc.Arbitrary<Principal> = fc
  .record({
    operator: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    hypervisor: fc.constantFrom(null, null, null, 'node-1'),
    account: fc.constantFrom(...accountIds, 'nowhere' as AccountId, null),
    accountRole: fc.option(fc.constantFrom(...roles), { nil: null, freq: 3 }),
    projects: fc
      .uniqueArray(fc.tuple(fc.constantFrom(...mayBeOffered), fc.constantFrom(...roles)), {
        selector: ([id]) => id,
        maxLength: 3,
      })
      .map((held) => new Map<ProjectId, (typeof roles)[number]>(held)),
  })
  .map(principal)

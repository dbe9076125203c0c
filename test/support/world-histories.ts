import fc from 'fast-check'
import type { AccountEvent } from '../../src/domain/account/events.ts'
import type { BillingEvent } from '../../src/domain/billing/events.ts'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import type { ImageName } from '../../src/domain/image/names.ts'
import type { AccountId, ProjectId } from '../../src/domain/kernel/ids.ts'
import type { Recorded } from '../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../src/domain/ledger-events.ts'
import type { LocationEvent } from '../../src/domain/location/events.ts'
import type { PricingEvent } from '../../src/domain/pricing/events.ts'
import { scopeId } from '../../src/domain/pricing/state.ts'
import { account, billing, eventsOf, image, location, play, pricing } from './histories.ts'
import { projects } from './image-lists.ts'
import { recorder } from './projected.ts'
import { acme, globex, imageId, imageName, lab, ops, web } from './samples.ts'

/** The events of one stream, in their order. */
interface Stream {
  readonly stream: string
  readonly events: readonly LedgerEvent[]
}

/** What web, ops and lab of the random histories are to an owner: itself, its account's other project, a foreign one. */
const standIns: Readonly<Record<string, readonly string[]>> = {
  web: ['web', 'ops', 'lab'],
  ops: ['ops', 'web', 'shop'],
  lab: ['lab', 'shop', 'web'],
  shop: ['shop', 'lab', 'ops'],
}

/** An image may belong to any project, has a name of its own, and words to be found by. */
const moved = (
  events: readonly ImageEvent[],
  n: number,
  owner: (typeof projects)[number],
): readonly ImageEvent[] => {
  const project = (id: ProjectId) => standIns[owner.id]?.[[web, ops, lab].indexOf(id)] as ProjectId
  const named = (name: ImageName) => imageName(`${name}-${n}`)
  return events.map((event): ImageEvent => {
    switch (event.type) {
      case 'ImageRegistered': {
        const { data } = event
        const details = { ...data.details, description: `Number ${n} of ${owner.id}.` }
        const { account: ownAccount, id } = owner
        const place = { account: ownAccount, project: id, name: named(data.name) }
        return { ...event, data: { ...data, ...place, details } }
      }
      case 'ImageRenamed': {
        const { from, name, claimId } = event.data
        return { ...event, data: { from: named(from), name: named(name), claimId } }
      }
      case 'ImagePromoted': {
        const { from, name, claimId } = event.data
        return { ...event, data: { from: project(from), name: named(name), claimId } }
      }
      case 'ImageDemoted': {
        const { project: to, name, claimId } = event.data
        return { ...event, data: { project: project(to), name: named(name), claimId } }
      }
      case 'ImageShared':
        return { ...event, data: { ...event.data, project: project(event.data.project) } }
      case 'ImageShareAccepted':
      case 'ImageShareRejected':
      case 'ImageShareExpired':
      case 'ImageShareRevoked':
        return { ...event, data: { project: project(event.data.project) } }
      default:
        return event
    }
  })
}

const imageStream = (n: number): fc.Arbitrary<Stream> =>
  fc.tuple(image.commands, fc.constantFrom(...projects)).map(([commands, owner]) => ({
    stream: `image-${imageId(n)}`,
    events: moved(eventsOf(play(image, commands)), n, owner),
  }))

const accountStream = account.commands.map(
  (commands): Stream => ({
    stream: 'account-acme',
    events: eventsOf(play(account, commands)) satisfies readonly AccountEvent[],
  }),
)

const locationStream = location.commands.map(
  (commands): Stream => ({
    stream: 'location-ams',
    events: eventsOf(play(location, commands)) satisfies readonly LocationEvent[],
  }),
)

const billingStream = (of: AccountId) =>
  billing.commands.map(
    (commands): Stream => ({
      stream: `billing-${of}`,
      events: eventsOf(play(billing, commands)) satisfies readonly BillingEvent[],
    }),
  )

const pricingStream = pricing.commands.map(
  (commands): Stream => ({
    stream: `pricing-${scopeId({ project: null, account: acme, location: null })}`,
    events: eventsOf(play(pricing, commands)) satisfies readonly PricingEvent[],
  }),
)

const projectStreams: readonly Stream[] = projects.map(({ id, account: owner }) => ({
  stream: `project-${id}`,
  events: [{ type: 'ProjectCreated', data: { account: owner, name: id } }],
}))

/** Legal histories of many streams in one log: the events of each in their order, those of all in any. */
export const worldHistories: fc.Arbitrary<readonly Recorded<LedgerEvent>[]> = fc
  .tuple(
    fc.tuple(
      ...[accountStream, locationStream, pricingStream, billingStream(acme), billingStream(globex)],
      ...[imageStream(1), imageStream(2), imageStream(3), imageStream(4)],
    ),
    fc.infiniteStream(fc.nat()),
  )
  .map(([streams, picks]) => {
    const ledger = recorder()
    const waiting = [...projectStreams, ...streams].map(({ stream, events }) => ({
      stream,
      events: [...events],
    }))
    for (;;) {
      const left = waiting.filter(({ events }) => events.length > 0)
      const next = left[Number(picks.next().value) % Math.max(1, left.length)]
      const event = next?.events.shift()
      if (next === undefined || event === undefined) return ledger.events
      ledger.record(next.stream, event)
    }
  })

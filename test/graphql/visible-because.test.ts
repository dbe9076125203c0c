import { beforeAll, expect, test } from 'vitest'
import { imageOf } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'
import { type Kind, makeRecipients, makers } from './world.ts'

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  await makeRecipients(service)
  return started.dispose
})

interface Event {
  readonly id: string
  readonly type: string
  readonly occurredAt: string
  readonly data: { readonly project?: string }
}

interface Why {
  readonly reason: string
  readonly project: { readonly id: string } | null
  readonly eventId: string
  readonly eventType: string
  readonly since: string
  readonly event: Event | null
}

const event = 'id type occurredAt data'

const eventsOf = async (id: string): Promise<readonly Event[]> => {
  type History = { history: { nodes: Event[] } }
  const found = await imageOf<History>(service, id, `history { nodes { ${event} } }`, tokens.operator)
  return found?.history.nodes ?? []
}

const whyOf = async (id: string, person: Person): Promise<readonly Why[]> => {
  const fields = `visibleBecause { reason project { id } eventId eventType since event { ${event} } }`
  const found = await imageOf<{ visibleBecause: Why[] }>(service, id, fields, tokens[person])
  return found?.visibleBecause ?? []
}

/** Who sees an image of a kind for which reason, by which event; the project, where it was offered to one of theirs. */
const reasons: readonly (readonly [Kind, Person, string, string, string | null])[] = [
  ['PUBLIC', 'stranger', 'PUBLIC', 'ImageVisibilityChanged', null],
  ['PUBLIC', 'otherProject', 'PUBLIC', 'ImageVisibilityChanged', null],
  ['PUBLIC', 'revoked', 'PUBLIC', 'ImageVisibilityChanged', null],
  ['COMMUNITY', 'stranger', 'COMMUNITY', 'ImageVisibilityChanged', null],
  ['PROMOTED', 'otherProject', 'ACCOUNT', 'ImagePromoted', null],
  ['PROMOTED', 'collaborator', 'ACCOUNT', 'ImagePromoted', null],
  ['SHARED', 'pending', 'SHARE_PENDING', 'ImageShared', 'pending'],
  ['SHARED', 'accepted', 'SHARE_ACCEPTED', 'ImageShareAccepted', 'accepted'],
  ['PROMOTED', 'acceptedViewer', 'SHARE_ACCEPTED', 'ImageShareAccepted', 'accepted'],
]

test.each(reasons)(
  'of an image that is %s a %s learns why, when and the event’s id: no more',
  async (...row) => {
    const [kind, person, reason, type, project] = row
    const id = await makers[kind](service)
    const decided = (await eventsOf(id)).findLast(
      (each) => each.type === type && (project === null || each.data.project === project),
    )
    expect(await whyOf(id, person)).toStrictEqual([
      {
        reason,
        project: project === null ? null : { id: project },
        eventId: decided?.id,
        eventType: type,
        since: decided?.occurredAt,
        event: null,
      },
    ])
  },
)

test.each([
  ['PRIVATE', 'viewer', ['OWNER']],
  ['PUBLIC', 'viewer', ['OWNER', 'PUBLIC']],
  ['PROMOTED', 'accountViewer', ['OWNER']],
  ['PUBLIC', 'operator', ['OPERATOR']],
] as const)('of an image that is %s a %s is shown the events themselves', async (kind, person, expected) => {
  const id = await makers[kind](service)
  const events = new Map((await eventsOf(id)).map((each) => [each.id, each]))
  const found = await whyOf(id, person)
  expect(found.map(({ reason }) => reason)).toStrictEqual(expected)
  for (const why of found) {
    expect(why.event).toStrictEqual(events.get(why.eventId))
    expect([why.eventType, why.since]).toStrictEqual([why.event?.type, why.event?.occurredAt])
  }
})

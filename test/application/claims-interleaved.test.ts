import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Busy } from '../../src/application/outages.ts'
import { type EventLog, StoreUnavailable } from '../../src/application/ports/event-log.ts'
import { repairClaims } from '../../src/application/reactions/reactions.ts'
import type { Services } from '../../src/application/services.ts'
import { imageAggregate } from '../../src/domain/image/state.ts'
import { type Application, application, callerOf, repairAll } from '../support/application.ts'
import {
  create,
  demote,
  idOf,
  type Outcome,
  people,
  promote,
  remove,
  update,
} from '../support/library-commands.ts'
import { type Fault, faultyLog, wrapLog } from '../support/logs.ts'
import { testSize } from '../support/size.ts'
import { auditScopes } from './scoped-audit.ts'

// Commands and repairs of several nodes, promotions and demotions among them, their every step to the log interleaved in any order, some of them cut off: names
// and places must be right at every moment, and clean in the end.

const LIMIT = 3
const names = ['debian', 'ubuntu', 'fedora'] as const

/** What one party does after a while, on one of the shared nodes or on its own, where the line to the log may be cut. */
type Act = { readonly after: number; readonly node: 0 | 1 | 'OWN'; readonly fault: Fault | null } & (
  | {
      readonly kind: 'CREATE'
      readonly name: string
      readonly project: 'web' | 'ops'
      readonly key: string | undefined
    }
  | {
      readonly kind: 'RENAME'
      readonly image: 0 | 1
      readonly name: string
      readonly key: string | undefined
    }
  /** Null: to its account. */
  | {
      readonly kind: 'MOVE'
      readonly image: 0 | 1
      readonly project: 'web' | 'ops' | null
      readonly key: string | undefined
    }
  | { readonly kind: 'DELETE'; readonly image: 0 | 1 }
  | { readonly kind: 'REPAIR' }
)

const whenAndWhere = {
  // In turns of its own: repair must come when there is something to repair.
  after: fc.nat(12),
  node: fc.constantFrom<('OWN' | 0 | 1)[]>(0, 1, 'OWN'),
  fault: fc.option(
    fc.record({
      nth: fc.integer({ min: 1, max: 4 }),
      when: fc.constantFrom<Fault['when'][]>('BEFORE', 'AFTER'),
    }),
    { nil: null },
  ),
}
const name = fc.constantFrom(...names)
// Few, so that some are repetitions of others: with the same input, or with another.
const key = fc.option(fc.constantFrom('k1', 'k2'), { nil: undefined })
const image = fc.constantFrom<(0 | 1)[]>(0, 1)
const project = fc.constantFrom<('web' | 'ops')[]>('web', 'ops')

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('CREATE'), name, project, key, ...whenAndWhere }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('RENAME'), image, name, key, ...whenAndWhere }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('MOVE'),
      image,
      project: fc.option(project, { nil: null, freq: 1 }),
      key,
      ...whenAndWhere,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('DELETE'), image, ...whenAndWhere }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('REPAIR'), ...whenAndWhere }) },
)

/** After each step that was let through: long enough for the log to commit and answer, so that the steps stay in order. */
const oneStep = async (step: () => Promise<void>): Promise<void> => {
  await step()
  for (let turn = 0; turn < 4; turn += 1) await nextTurn()
}

/** Every read and every append waits for its turn. */
const inTurns = (log: EventLog, scheduler: fc.Scheduler): EventLog => {
  const turn = (what: string) => scheduler.schedule(Promise.resolve(), what)
  return wrapLog(log, {
    append: (stream, expected, events) => async () => {
      await turn(`append ${events.map(({ type }) => type).join(', ')} to ${stream}`)
      return log.append(stream, expected, events)()
    },
    readStream: async (stream, options) => {
      await turn(`read ${stream}`)
      return log.readStream(stream, options)
    },
  })
}

const perform = async (
  app: Application,
  services: Services,
  what: Act,
  images: readonly string[],
): Promise<Outcome | undefined> => {
  const caller = callerOf(people.accountCollaborator)
  switch (what.kind) {
    case 'CREATE':
      return create(services, what.name, { project: what.project, idempotencyKey: what.key }, caller)
    case 'RENAME':
      return update(services, images[what.image] ?? '', { name: what.name, idempotencyKey: what.key }, caller)
    case 'MOVE': {
      const { project: to, key: idempotencyKey } = what
      return to === null
        ? promote(services, images[what.image] ?? '', { idempotencyKey }, caller)
        : demote(services, images[what.image] ?? '', { project: to, idempotencyKey }, caller)
    }
    case 'DELETE':
      return remove(services, images[what.image] ?? '', {}, caller)
    case 'REPAIR':
      await repairClaims(services, app.toDo, 0).run()
      return undefined
  }
}

/** A cut line and contention are expected here, and nothing else that is thrown. */
const unexpected = (outcomes: readonly PromiseSettledResult<unknown>[]): readonly unknown[] =>
  outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' &&
    !(outcome.reason instanceof StoreUnavailable || outcome.reason instanceof Busy)
      ? [outcome.reason]
      : [],
  )

/** What was answered with success and is not so by the log: under that id nothing ever had the name, or was in the place. */
const falsePromises = async (
  app: Application,
  acts: readonly Act[],
  outcomes: readonly PromiseSettledResult<Outcome | undefined>[],
  images: readonly string[],
): Promise<readonly string[]> => {
  const events = await app.everything()
  const hadName = (id: string, wanted: string) =>
    events.some(({ stream, data }) => stream === `image-${id}` && data['name'] === wanted)
  const wasIn = (id: string, wanted: string | null) =>
    events.some(
      ({ stream, type, data }) =>
        stream === `image-${id}` && (wanted === null ? type === 'ImagePromoted' : data['project'] === wanted),
    )
  return acts.flatMap((what, index) => {
    const outcome = outcomes[index]
    if (what.kind === 'DELETE' || what.kind === 'REPAIR') return []
    if (outcome?.status !== 'fulfilled' || outcome.value?._tag !== 'Right') return []
    const id = what.kind === 'CREATE' ? outcome.value.right.id : (images[what.image] ?? '')
    if (what.kind === 'MOVE') return wasIn(id, what.project) ? [] : [`${what.kind} ${what.project} of ${id}`]
    return hadName(id, what.name) ? [] : [`${what.kind} ${what.name} of ${id}`]
  })
}

/** Images that a node folded to another state than the log says. */
const falseMemories = async (
  app: Application,
  nodes: readonly Services[],
): Promise<readonly { readonly remembered: unknown; readonly recorded: unknown }[]> => {
  const ids = new Set((await app.everything()).map(({ stream }) => stream))
  const fresh = app.node()
  const wrong = []
  for (const stream of ids) {
    if (!stream.startsWith('image-')) continue
    const id = stream.slice('image-'.length)
    const { state: recorded } = await fresh.ledger.load(imageAggregate, id)
    for (const { ledger } of nodes) {
      const { state: remembered } = await ledger.load(imageAggregate, id)
      if (!isDeepStrictEqual(remembered, recorded)) wrong.push({ remembered, recorded })
    }
  }
  return wrong
}

const timeout = testSize(180_000, 1_200_000)

test('Names and places are right at every step of any interleaving, and nothing is left over after repair', {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(act, { minLength: 2, maxLength: 6 }),
      async (scheduler, acts) => {
        await using app = await application({ imageLimit: LIMIT })
        const images = [idOf(await create(app.services, 'debian')), idOf(await create(app.services, 'old'))]
        const log = inTurns(app.log, scheduler)
        const shared = [app.node(log), app.node(log)] as const
        const nodeOf = ({ node, fault }: Act): Services =>
          node === 'OWN' ? app.node(fault === null ? log : faultyLog(log, fault)) : shared[node]
        const running = acts.map(async (what) => {
          const services = nodeOf(what)
          for (let turn = 0; turn < what.after; turn += 1)
            await scheduler.schedule(Promise.resolve(), 'waits')
          return perform(app, services, what, images)
        })
        const outcomes = await scheduler.waitFor(Promise.allSettled(running), oneStep)
        expect(unexpected(outcomes)).toStrictEqual([])
        expect(await falsePromises(app, acts, outcomes, images)).toStrictEqual([])
        expect(await scheduler.waitFor(falseMemories(app, shared), oneStep)).toStrictEqual([])
        await repairAll(app)
        expect(auditScopes(await app.everything(), { limit: LIMIT, final: true })).toStrictEqual([])
      },
    ),
    { numRuns: testSize(300, 20_000) },
  )
})

import { describe, expect, test } from 'vitest'
import { repairClaims } from '../../src/application/reactions/reactions.ts'
import type { Services } from '../../src/application/services.ts'
import type { ImageId } from '../../src/domain/kernel/ids.ts'
import { type Application, application, callerOf, repairAll } from '../support/application.ts'
import {
  create,
  demote,
  idOf,
  type Outcome,
  people,
  promote,
  rename,
  wordFor,
} from '../support/library-commands.ts'
import { countingLog, stoppingLog } from '../support/logs.ts'
import { auditScopes, liveIn } from './scoped-audit.ts'

// A promotion or demotion that is slow or dies on the way, as claims.test.ts has it for what changes a name.

const LIMIT = 3
const inOps = (services: Services, name: string) =>
  create(services, name, { project: 'ops' }, callerOf(people.ofOps))

/** A move of an image `debian`, and somebody else's that wants to come to the same place. */
interface Story {
  readonly make: (services: Services) => Promise<ImageId>
  readonly move: (services: Services, id: ImageId) => Promise<Outcome>
  readonly from: string
  readonly to: string
  /** Take the place it comes to, and the place it leaves. */
  readonly rival: (services: Services) => Promise<Outcome>
  readonly successor: (services: Services) => Promise<Outcome>
}

const stories: Readonly<Record<string, Story>> = {
  'A promotion': {
    make: async (services) => idOf(await create(services, 'debian')),
    move: (services, id) => promote(services, id),
    from: 'web/debian',
    to: '*/debian',
    rival: async (services) => promote(services, idOf(await inOps(services, 'debian'))),
    successor: (services) => create(services, 'debian'),
  },
  'A demotion': {
    make: async (services) => {
      const id = idOf(await create(services, 'debian'))
      return idOf(await promote(services, id))
    },
    move: (services, id) => demote(services, id, { project: 'ops' }),
    from: '*/debian',
    to: 'ops/debian',
    rival: (services) => inOps(services, 'debian'),
    successor: async (services) => promote(services, idOf(await create(services, 'debian'))),
  },
}

const audit = async (app: Application, final: boolean, limit = LIMIT) =>
  auditScopes(await app.everything(), { limit, final })
const live = async (app: Application) => liveIn(await app.everything())

const repair = async (app: Application, by: Services = app.node()): Promise<void> => {
  await app.settled()
  await repairClaims(by, app.toDo, 0).run()
}

/** Repair on another node that is stopped for good before its nth append. */
const halfRepair = async (app: Application, nth: number): Promise<void> => {
  const log = stoppingLog(app.log, nth)
  await Promise.race([repair(app, app.node(log)), log.stopped])
}

type Meanwhile = (app: Application, story: Story, id: ImageId) => Promise<unknown>
const meanwhiles: Readonly<Record<string, Meanwhile>> = {
  'nothing happens': async () => undefined,
  'repair runs': (app) => repair(app),
  'repair runs twice': async (app) => {
    await repair(app)
    await repair(app)
  },
  'repair stops before its first append': (app) => halfRepair(app, 1),
  'repair stops before its second append': (app) => halfRepair(app, 2),
  'another comes to the same place': (app, { rival }) => rival(app.node()),
  'repair runs and another comes to the same place': async (app, { rival }) => {
    await repair(app)
    await rival(app.node())
  },
  'another node moves it': (app, { move }, id) => move(app.node(), id),
  'another node renames it': (app, _story, id) => rename(app.node(), id, 'ubuntu', {}),
  'another node renames it and repair runs': async (app, _story, id) => {
    await rename(app.node(), id, 'ubuntu')
    await repair(app)
  },
}
const everyMeanwhile = Object.entries(meanwhiles)

/** Brings the move to stand before its nth append, on a node of its own. */
const standStill = async (app: Application, { make, move }: Story, nth: number) => {
  const id = await make(app.services)
  const log = stoppingLog(app.log, nth)
  const outcome = move(app.node(log), id)
  await log.stopped
  return { id, goOn: log.goOn, outcome }
}

describe.each(Object.entries(stories))('%s', (_, story) => {
  const everyAppend = [1, 2, 3]

  test('takes as many appends as these tests stop it at', async () => {
    await using app = await application({ imageLimit: LIMIT })
    const id = await story.make(app.services)
    const log = countingLog(app.log)
    expect(wordFor(await story.move(app.node(log), id))).toBe('DONE')
    expect(log.counts.appends).toBe(everyAppend.length)
    expect(await audit(app, true)).toStrictEqual([])
    expect(await live(app)).toStrictEqual([story.to])
  })

  test('leaves nothing to repair', async () => {
    await using app = await application({ imageLimit: LIMIT })
    await story.move(app.services, await story.make(app.services))
    await app.settled()
    expect(app.toDo.unsettledClaims(app.clock.now(), 10)).toStrictEqual([])
  })

  describe.each(everyAppend)('stopped before its append %i', (nth) => {
    test.each(everyMeanwhile)('while %s, goes on: every name has one owner', async (_each, meanwhile) => {
      await using app = await application({ imageLimit: LIMIT })
      const slow = await standStill(app, story, nth)
      await meanwhile(app, story, slow.id)
      slow.goOn()
      const outcome = await slow.outcome
      expect(await audit(app, false)).toStrictEqual([])
      await repairAll(app)
      expect(await audit(app, true)).toStrictEqual([])
      if (outcome._tag === 'Right') expect(await live(app)).toContain(story.to)
    })

    test.each(everyMeanwhile)('while %s, never goes on: nothing is left of it', async (_each, meanwhile) => {
      await using app = await application({ imageLimit: LIMIT })
      const { id } = await standStill(app, story, nth)
      await meanwhile(app, story, id)
      expect(await audit(app, false)).toStrictEqual([])
      await repairAll(app)
      expect(await audit(app, true)).toStrictEqual([])
    })

    test('for good leaves it where it was or where it was to be, and the other place free', async () => {
      await using app = await application({ imageLimit: LIMIT })
      await standStill(app, story, nth)
      await repairAll(app)
      expect(await live(app)).toStrictEqual([nth === 3 ? story.to : story.from])
      const taken = await (nth === 3 ? story.successor : story.rival)(app.node())
      expect(wordFor(taken)).toBe('DONE')
    })

    test('after which repair ran is done, if need be under a claim of its own', async () => {
      await using app = await application({ imageLimit: LIMIT })
      const slow = await standStill(app, story, nth)
      await repair(app)
      slow.goOn()
      expect(wordFor(await slow.outcome)).toBe('DONE')
      expect(await live(app)).toStrictEqual([story.to])
      expect(await audit(app, true)).toStrictEqual([])
    })
  })
})

describe('Of moves at once', () => {
  test.each([1, 2])(
    'of two images of one name, on %i node(s), exactly one comes to the account',
    async (count) => {
      await using app = await application()
      const [mine, theirs] = [
        idOf(await create(app.services, 'debian')),
        idOf(await inOps(app.services, 'debian')),
      ]
      const nodes = [app.node(), app.node()].slice(0, count)
      const words = await Promise.all(
        [mine, theirs].map(async (id) => {
          const ten = Array.from({ length: 10 }, (_, index) =>
            promote(nodes[index % count] ?? app.services, id),
          )
          return [...new Set((await Promise.all(ten)).map(wordFor))].join()
        }),
      )
      expect(words.sort()).toStrictEqual(['DONE', 'NameTaken'])
      expect((await live(app)).filter((place) => place === '*/debian')).toHaveLength(1)
      await repairAll(app)
      expect(await audit(app, true)).toStrictEqual([])
    },
  )

  test('and renames of one image on two nodes, its name is where it is, and no other is held', async () => {
    for (let round = 0; round < 10; round += 1) {
      await using app = await application()
      const id = idOf(await create(app.services, 'debian'))
      const [one, other] = [app.node(), app.node()]
      await Promise.all([
        promote(one, id),
        rename(other, id, 'ubuntu'),
        rename(one, id, 'fedora'),
        promote(other, id),
        demote(other, id, { project: 'ops' }),
      ])
      expect(await audit(app, false)).toStrictEqual([])
      await repairAll(app)
      expect(await audit(app, true)).toStrictEqual([])
      expect(await live(app)).toHaveLength(1)
    }
  })

  test('there and back, of many images on two nodes, every name has one owner', async () => {
    const places = 6
    await using app = await application({ imageLimit: places })
    const nodes = [app.node(), app.node()] as const
    const ids = await Promise.all([
      ...['a', 'b', 'c'].map(async (name) => idOf(await create(app.services, name))),
      ...['a', 'b', 'c'].map(async (name) => idOf(await inOps(app.services, name))),
    ])
    for (let round = 0; round < 3; round += 1) {
      await Promise.all([
        ...ids.map((id, index) => promote(nodes[index % 2 === 0 ? 0 : 1], id)),
        ...ids.map((id, index) =>
          demote(nodes[index % 2 === 0 ? 1 : 0], id, { project: index % 3 === 0 ? 'web' : 'ops' }),
        ),
      ])
      expect(await audit(app, false, places)).toStrictEqual([])
    }
    await repairAll(app)
    expect(await audit(app, true, places)).toStrictEqual([])
    expect(await live(app)).toHaveLength(ids.length)
  })
})

import { describe, expect, test } from 'vitest'
import { repairClaims } from '../../src/application/reactions/reactions.ts'
import type { Services } from '../../src/application/services.ts'
import { imageAggregate, isRegistered } from '../../src/domain/image/state.ts'
import type { ImageId } from '../../src/domain/kernel/ids.ts'
import { type Application, application, repairAll } from '../support/application.ts'
import { auditClaims } from '../support/claims-oracle.ts'
import { create, idOf, type Outcome, remove, rename, wordFor } from '../support/library-commands.ts'
import { countingLog, stoppingLog } from '../support/logs.ts'

// A slow or dying command on one node, and everything that others may do meanwhile. What is promised is in ADR 0002: one
// name has one owner, at any moment; no place is taken for good by what came to nothing.

const LIMIT = 2

/** A command over an image `old` that is there already. */
interface Story {
  readonly command: (services: Services, old: ImageId) => Promise<Outcome>
  /** How many appends it takes undisturbed, and the live names after it. */
  readonly appends: number
  readonly names: readonly string[]
  /** The live names where it never went on from before its nth append, once repaired. */
  readonly crashed: readonly (readonly string[])[]
}

const stories: Readonly<Record<string, Story>> = {
  'A create': {
    command: (services) => create(services, 'debian'),
    appends: 2,
    names: ['debian', 'old'],
    // It begins anew under another id.
    crashed: [['old'], ['old']],
  },
  'A rename': {
    command: (services, old) => rename(services, old, 'debian'),
    appends: 3,
    names: ['debian'],
    // The image must not be renamed by a claim that was taken away; whoever asks may ask again.
    crashed: [['old'], ['old'], ['debian']],
  },
  'A deletion': {
    command: (services, old) => remove(services, old),
    appends: 2,
    names: [],
    crashed: [['old'], []],
  },
}

const liveNames = async (app: Application): Promise<readonly string[]> => {
  const ids = (await app.everything())
    .filter(({ type }) => type === 'ImageRegistered')
    .map(({ stream }) => stream.slice('image-'.length))
  const { ledger } = app.node()
  const states = await Promise.all(ids.map(async (id) => (await ledger.load(imageAggregate, id)).state))
  return states
    .flatMap((state) => (isRegistered(state) && state.status !== 'DELETED' ? [state.name] : []))
    .sort()
}

const audit = async (app: Application, final: boolean) =>
  auditClaims(await app.everything(), { limit: LIMIT, final })

const repair = async (app: Application, by: Services): Promise<void> => {
  await app.settled()
  await repairClaims(by, app.toDo, 0).run()
}

/** Repair on another node that is stopped for good before its nth append. */
const halfRepair = async (app: Application, nth: number): Promise<void> => {
  const log = stoppingLog(app.log, nth)
  await Promise.race([repair(app, app.node(log)), log.stopped])
}

/** What others do while the command stands still. */
const meanwhiles = {
  'nothing happens': async () => undefined,
  'repair runs': (app: Application) => repair(app, app.node()),
  'repair runs twice': async (app: Application) => {
    await repair(app, app.node())
    await repair(app, app.node())
  },
  'repair stops before its first append': (app: Application) => halfRepair(app, 1),
  'repair stops before its second append': (app: Application) => halfRepair(app, 2),
  'another creates the same name': (app: Application) => create(app.node(), 'debian'),
  'repair runs and another creates the same name': async (app: Application) => {
    await repair(app, app.node())
    await create(app.node(), 'debian')
  },
  'another creates the same name and repair runs': async (app: Application) => {
    await create(app.node(), 'debian')
    await repair(app, app.node())
  },
} as const
const everyMeanwhile = Object.entries(meanwhiles)

/** Brings the command to stand before its nth append, on a node of its own. */
const standStill = async (app: Application, { command }: Story, nth: number) => {
  const old = idOf(await create(app.services, 'old'))
  const log = stoppingLog(app.log, nth)
  const outcome = command(app.node(log), old)
  await log.stopped
  return { old, goOn: log.goOn, outcome }
}

describe.each(Object.entries(stories))('%s', (_, story) => {
  const everyAppend = Array.from({ length: story.appends }, (_each, index) => index + 1)

  test('takes as many appends as these tests stop it at', async () => {
    await using app = await application({ imageLimit: LIMIT })
    const old = idOf(await create(app.services, 'old'))
    const log = countingLog(app.log)
    expect(wordFor(await story.command(app.node(log), old))).toBe('DONE')
    expect(log.counts.appends).toBe(story.appends)
    expect(await audit(app, true)).toStrictEqual([])
    expect(await liveNames(app)).toStrictEqual(story.names)
  })

  describe.each(everyAppend)('stopped before its append %i', (nth) => {
    test.each(everyMeanwhile)('while %s, goes on: every name has one owner', async (_each, meanwhile) => {
      await using app = await application({ imageLimit: LIMIT })
      const slow = await standStill(app, story, nth)
      await meanwhile(app)
      slow.goOn()
      const outcome = await slow.outcome
      expect(await audit(app, false)).toStrictEqual([])
      await repairAll(app)
      expect(await audit(app, true)).toStrictEqual([])
      if (outcome._tag === 'Right')
        expect(await liveNames(app)).toEqual(expect.arrayContaining([...story.names]))
    })

    test.each(everyMeanwhile)('while %s, never goes on: nothing is left of it', async (_each, meanwhile) => {
      await using app = await application({ imageLimit: LIMIT })
      await standStill(app, story, nth)
      await meanwhile(app)
      expect(await audit(app, false)).toStrictEqual([])
      await repairAll(app)
      expect(await audit(app, true)).toStrictEqual([])
    })

    test('after which repair ran is done, if need be under a claim of its own', async () => {
      await using app = await application({ imageLimit: LIMIT })
      const slow = await standStill(app, story, nth)
      await repair(app, app.node())
      slow.goOn()
      expect(wordFor(await slow.outcome)).toBe('DONE')
      expect(await liveNames(app)).toStrictEqual(story.names)
      expect(await audit(app, true)).toStrictEqual([])
    })

    test('for good leaves the names as they were or as they were to be, and free ones free', async () => {
      await using app = await application({ imageLimit: LIMIT })
      await standStill(app, story, nth)
      await repairAll(app)
      const names = await liveNames(app)
      expect(names).toStrictEqual(story.crashed[nth - 1])
      const free = ['debian', 'old'].filter((name) => !names.includes(name))
      for (const name of free.slice(0, LIMIT - names.length))
        expect(wordFor(await create(app.node(), name))).toBe('DONE')
    })
  })
})

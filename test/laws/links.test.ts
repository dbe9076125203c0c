import fc from 'fast-check'
import { expect, test } from 'vitest'
import { factsOf } from '../../src/application/reach.ts'
import { collaboratorOf, holderFor } from '../../src/domain/access/holder.ts'
import { type ImageFacts, mayWithImage } from '../../src/domain/access/image-access.ts'
import type { Principal } from '../../src/domain/access/principal.ts'
import { imageAggregate, isRegistered } from '../../src/domain/image/state.ts'
import { accountIn, somebody, type World, worlds } from '../support/access-worlds.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(100, 2_000)

const people = fc.array(somebody, { minLength: 4, maxLength: 4 })

const inAnyWorld = (law: (world: World, who: Principal, image: ImageFacts) => void): void =>
  fc.assert(
    fc.property(worlds, people, (world, some) => {
      for (const { events } of world.images) {
        const state = events.reduce(imageAggregate.evolve, imageAggregate.initial)
        if (!isRegistered(state)) throw new Error('There is no such image')
        for (const who of some) law(world, who, factsOf(state, { accountOf: accountIn(world) }))
      }
    }),
    { numRuns },
  )

const download = (who: Principal, image: ImageFacts) => mayWithImage(who, 'downloadImage', image)

test('Whoever may download has a link, and nobody else', () => {
  inAnyWorld((_world, who, image) => {
    const holder = holderFor({ ...who, operator: false }, image, null)
    expect(holder !== null).toBe(download(who, image))
    if (holder !== null) expect(download(collaboratorOf(holder), image)).toBe(true)
  })
})

test('A link for a project is for one that the caller collaborates in, and that may download', () => {
  inAnyWorld((world, who, image) => {
    for (const { id, account } of world.projects) {
      const held = [who.projects.get(id), who.account === account ? who.accountRole : null]
      const collaborates = who.operator || held.some((role) => role === 'COLLABORATOR' || role === 'ADMIN')
      const may = collaborates && download(collaboratorOf({ kind: 'project', id }), image)
      expect(holderFor(who, image, id)).toStrictEqual(may ? { kind: 'project', id } : null)
    }
  })
})

test('The owner comes first, and the order of a token’s projects changes nothing', () => {
  inAnyWorld((_world, who, image) => {
    const backwards = { ...who, projects: new Map([...who.projects].reverse()) }
    const holder = holderFor(who, image, null)
    expect(holderFor(backwards, image, null)).toStrictEqual(holder)
    const { account, project } = image.owner
    if (project !== null && ['COLLABORATOR', 'ADMIN'].includes(who.projects.get(project) ?? ''))
      expect(holder).toStrictEqual({ kind: 'project', id: project })
    const operators = holderFor({ ...who, operator: true }, image, null)
    expect(operators?.id).toBe(project ?? account)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import { imageAggregate, isRegistered } from '../../src/domain/image/state.ts'
import { eventsOf, image, play } from '../support/histories.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(500, 20_000)

/** DESIGN, an image's life: what may follow on what. */
const ways: Readonly<Record<string, readonly string[]>> = {
  NONE: ['CREATING', 'ABANDONED'],
  ABANDONED: [],
  CREATING: ['AVAILABLE', 'ERROR', 'DELETING'],
  AVAILABLE: ['DELETING'],
  ERROR: ['CREATING', 'DELETING'],
  DELETING: ['DELETED'],
  DELETED: [],
}

test('An image goes only the ways that it may go', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      let state = imageAggregate.initial
      for (const event of eventsOf(play(image, asked))) {
        const next = imageAggregate.evolve(state, event)
        if (next.status !== state.status) expect(ways[state.status]).toContain(next.status)
        state = next
      }
    }),
    { numRuns },
  )
})

type OfType<Type extends ImageEvent['type']> = Extract<ImageEvent, { type: Type }>

const only = <Type extends ImageEvent['type']>(events: readonly ImageEvent[], ...types: readonly Type[]) =>
  events.filter((event): event is OfType<Type> => types.some((type) => type === event.type))

/** An image as somebody would tell it who reads its events, kind by kind, without any of the program's state. */
const told = (events: readonly ImageEvent[]) => {
  const [registered] = only(events, 'ImageRegistered')
  if (registered === undefined) return null
  const { data } = registered
  const lastName = only(events, 'ImageRegistered', 'ImageRenamed').at(-1)?.data
  const described = only(events, 'ImageDescribed').map((event) => event.data.changes)
  const lastGuard = only(events, 'ImageProtected', 'ImageUnprotected').at(-1)
  const lastBytes = only(events, 'ImageContentStored', 'ImageContentRemoved').at(-1)

  const properties = new Map(data.properties.map(({ name, value }) => [name, value]))
  for (const { data: change } of only(events, 'ImagePropertiesChanged')) {
    for (const name of change.removed) properties.delete(name)
    for (const { name, value } of change.set) properties.set(name, value)
  }
  const tags = new Set(data.tags)
  for (const { data: change } of only(events, 'ImageTagsChanged')) {
    for (const tag of change.removed) tags.delete(tag)
    for (const tag of change.added) tags.add(tag)
  }
  return {
    name: lastName?.name,
    claimId: lastName?.claimId,
    details: Object.assign({}, data.details, ...described),
    protected: lastGuard === undefined ? data.protected : lastGuard.type === 'ImageProtected',
    properties: [...properties].sort().map(([name, value]) => ({ name, value })),
    tags: [...tags].sort(),
    bytes: lastBytes?.type === 'ImageContentStored' ? lastBytes.data.content.blob : null,
  }
}

test('An image is what its events tell of it', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const steps = play(image, asked)
      const state = steps.at(-1)?.after ?? imageAggregate.initial
      const read = isRegistered(state)
        ? {
            name: state.name,
            claimId: state.claimId,
            details: state.details,
            protected: state.protected,
            properties: state.properties,
            tags: state.tags,
            bytes: state.content?.blob ?? null,
          }
        : null
      expect(read).toStrictEqual(told(eventsOf(steps)))
    }),
    { numRuns },
  )
})

test('The dead claims of an image are those it lived by before and those that repair took, once each', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const events = eventsOf(play(image, asked))
      const livedBy = only(events, 'ImageRegistered', 'ImageRenamed').map(({ data }) => data.claimId)
      const taken = only(events, 'ImageClaimAbandoned').map(({ data }) => data.claimId)
      const state = events.reduce(imageAggregate.evolve, imageAggregate.initial)
      if (!isRegistered(state)) return
      expect([...state.deadClaims].sort()).toStrictEqual([...livedBy.slice(0, -1), ...taken].sort())
      expect(new Set([...state.deadClaims, state.claimId]).size).toBe(state.deadClaims.length + 1)
    }),
    { numRuns },
  )
})

test('An image is available exactly from its bytes to its deletion, and its bytes never change', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const events = eventsOf(play(image, asked))
      const stored = events.filter(({ type }) => type === 'ImageContentStored')
      expect(stored.length).toBeLessThanOrEqual(1)
      expect(events.filter(({ type }) => type === 'ImageBecameAvailable')).toHaveLength(stored.length)
      const state = events.reduce(imageAggregate.evolve, imageAggregate.initial)
      if (state.status === 'AVAILABLE') expect(state.content).not.toBeNull()
      if (state.status === 'CREATING' || state.status === 'ERROR') expect(state.content).toBeNull()
    }),
    { numRuns },
  )
})

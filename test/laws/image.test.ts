import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import { imageAggregate, isRegistered } from '../../src/domain/image/state.ts'
import { eventsOf, image, play } from '../support/histories.ts'
import { testSize } from '../support/size.ts'
import { expectWay, only } from './image-events.ts'

const numRuns = testSize(500, 20_000)

/** DESIGN, an image's life: what may follow on what. Back from DELETING only a restore leads. */
const ways: Readonly<Record<string, readonly string[]>> = {
  NONE: ['CREATING', 'ABANDONED'],
  ABANDONED: [],
  CREATING: ['AVAILABLE', 'ERROR', 'DELETING'],
  AVAILABLE: ['DELETING'],
  ERROR: ['CREATING', 'DELETING'],
  DELETING: ['DELETED', 'CREATING', 'AVAILABLE', 'ERROR'],
  DELETED: [],
}

test('An image goes only the ways that it may go, and a restore leads to where its deletion found it', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      let state = imageAggregate.initial
      let foundBy: string | null = null
      for (const event of eventsOf(play(image, asked))) {
        const next = imageAggregate.evolve(state, event)
        expectWay(ways, state.status, next.status)
        if (event.type === 'ImageDeletionRequested') foundBy = state.status
        if (event.type === 'ImageRestored') expect(next.status).toBe(foundBy)
        else if (state.status === 'DELETING') expect(['DELETING', 'DELETED']).toContain(next.status)
        state = next
      }
    }),
    { numRuns },
  )
})

/** An image as somebody would tell it who reads its events, kind by kind, without any of the program's state. */
const told = (events: readonly ImageEvent[]) => {
  const [registered] = only(events, 'ImageRegistered')
  if (registered === undefined) return null
  const { data } = registered
  const lastName = only(events, ...namings).at(-1)?.data
  const lastMove = only(events, 'ImageRegistered', 'ImagePromoted', 'ImageDemoted').at(-1)
  const lastSeen = only(events, 'ImageVisibilityChanged').at(-1)
  const lastSwitch = only(events, 'ImageDeactivated', 'ImageReactivated').at(-1)
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
    project: lastMove === undefined || lastMove.type === 'ImagePromoted' ? null : lastMove.data.project,
    name: lastName?.name,
    claimId: lastName?.claimId,
    visibility: lastSeen?.data.visibility ?? 'PRIVATE',
    deactivatedBy: lastSwitch?.type === 'ImageDeactivated' ? lastSwitch.data.by : null,
    details: Object.assign({}, data.details, ...described),
    protected: lastGuard === undefined ? data.protected : lastGuard.type === 'ImageProtected',
    properties: [...properties].sort().map(([name, value]) => ({ name, value })),
    tags: [...tags].sort(),
    sizeReport: only(events, 'ImageSizeReported').at(-1)?.data ?? null,
    bytes: lastBytes?.type === 'ImageContentStored' ? lastBytes.data.content.blob : null,
  }
}

/** The events that come with a name and the claim that holds it. */
const namings = ['ImageRegistered', 'ImageRenamed', 'ImagePromoted', 'ImageDemoted'] as const

test('An image is what its events tell of it', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const steps = play(image, asked)
      const state = steps.at(-1)?.after ?? imageAggregate.initial
      const read = isRegistered(state)
        ? {
            project: state.project,
            name: state.name,
            claimId: state.claimId,
            visibility: state.visibility,
            deactivatedBy: state.deactivatedBy,
            details: state.details,
            protected: state.protected,
            properties: state.properties,
            tags: state.tags,
            sizeReport: state.sizeReport,
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
      const livedBy = only(events, ...namings).map(({ data }) => data.claimId)
      const taken = only(events, 'ImageClaimAbandoned').map(({ data }) => data.claimId)
      const state = events.reduce(imageAggregate.evolve, imageAggregate.initial)
      if (!isRegistered(state)) return
      expect([...state.deadClaims].sort()).toStrictEqual([...livedBy.slice(0, -1), ...taken].sort())
      expect(new Set([...state.deadClaims, state.claimId]).size).toBe(state.deadClaims.length + 1)
    }),
    { numRuns },
  )
})

test('Each change of name and each move tells where the image was before', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const events = eventsOf(play(image, asked))
      for (const [index, event] of events.entries()) {
        const before = told(events.slice(0, index))
        if (event.type === 'ImageRenamed') expect(event.data.from).toBe(before?.name)
        if (event.type === 'ImagePromoted') {
          expect(before?.project).toBe(event.data.from)
          expect(before?.name).toBe(event.data.name)
        }
        if (event.type === 'ImageDemoted') {
          expect(before?.project).toBeNull()
          expect(before?.name).toBe(event.data.name)
        }
        if (event.type === 'ImageVisibilityChanged') expect(event.data.from).toBe(before?.visibility)
      }
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

test('What is reported of a size was measured and counts by then, and no report says what the one before said', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const steps = play(image, asked)
      for (const { command, decision } of steps)
        if (decision._tag === 'Right')
          for (const { data } of only(decision.right, 'ImageSizeReported')) {
            if (command.type !== 'ReportSize') throw new Error(`A report came of ${command.type}`)
            expect([data.measuredAt, data.effectiveFrom ?? data.measuredAt]).toSatisfy((dates: string[]) =>
              dates.every((date) => date <= command.now),
            )
          }
      const reports = only(eventsOf(steps), 'ImageSizeReported').map(({ data }) => data)
      for (const [index, report] of reports.entries()) expect(report).not.toStrictEqual(reports[index - 1])
    }),
    { numRuns },
  )
})

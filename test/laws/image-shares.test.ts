import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import { imageAggregate, isRegistered, type ShareStatus } from '../../src/domain/image/state.ts'
import type { ProjectId } from '../../src/domain/kernel/ids.ts'
import { eventsOf, image, play } from '../support/histories.ts'
import { testSize } from '../support/size.ts'
import { expectWay, only, withPast } from './image-events.ts'

const numRuns = testSize(500, 20_000)

const statusBy = {
  ImageShared: 'PENDING',
  ImageShareAccepted: 'ACCEPTED',
  ImageShareRejected: 'REJECTED',
  ImageShareExpired: 'EXPIRED',
  ImageShareRevoked: 'REVOKED',
} as const satisfies Partial<Record<ImageEvent['type'], ShareStatus>>

const shareEvents = Object.keys(statusBy) as (keyof typeof statusBy)[]

/** What happened to the share of a project from its last offer on. */
const sinceOffer = (events: readonly ImageEvent[], project: ProjectId) => {
  const about = only(events, ...shareEvents).filter(({ data }) => data.project === project)
  return about.slice(about.findLastIndex(({ type }) => type === 'ImageShared'))
}

/** A share in the words of its events. What was taken up once has no end, even if it was given back. */
const toldOf = (events: readonly ImageEvent[], project: ProjectId) => {
  const about = sinceOffer(events, project)
  const [offer, last] = [about.at(0), about.at(-1)]
  if (offer?.type !== 'ImageShared' || last === undefined) return null
  const givenBack = about.some(
    ({ type }, index) => type === 'ImageShareRejected' && about[index - 1]?.type === 'ImageShareAccepted',
  )
  const { message, expiresAt } = offer.data
  return { status: statusBy[last.type], message, expiresAt: givenBack ? null : expiresAt }
}

test('A share is what its events tell of it since its last offer', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const events = eventsOf(play(image, asked))
      const state = events.reduce(imageAggregate.evolve, imageAggregate.initial)
      if (!isRegistered(state)) return
      const named = new Set(only(events, ...shareEvents).map(({ data }) => data.project))
      const told = [...named].map((project) => [project, toldOf(events, project)])
      expect(Object.fromEntries(state.shares)).toStrictEqual(Object.fromEntries(told))
    }),
    { numRuns },
  )
})

/** A rejected offer is not made anew, and one that is over takes no answer. */
const ways: Readonly<Record<string, readonly ShareStatus[]>> = {
  NONE: ['PENDING'],
  PENDING: ['ACCEPTED', 'REJECTED', 'EXPIRED', 'REVOKED'],
  ACCEPTED: ['REJECTED', 'REVOKED'],
  REJECTED: ['ACCEPTED', 'EXPIRED', 'REVOKED'],
  EXPIRED: ['PENDING', 'REVOKED'],
  REVOKED: ['PENDING'],
}

test('A share goes only the ways that it may go, and no event says again what is so', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { event, past } of withPast(eventsOf(play(image, asked)))) {
        const [change] = only([event], ...shareEvents)
        if (change === undefined) continue
        const before = toldOf(past, change.data.project)?.status ?? 'NONE'
        expect(statusBy[change.type]).not.toBe(before)
        expectWay(ways, before, statusBy[change.type])
      }
    }),
    { numRuns },
  )
})

test('Nobody holds a share, nor an offer of one, of an image that is not SHARED', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { after } of play(image, asked))
        if (isRegistered(after) && after.visibility !== 'SHARED')
          for (const { status } of after.shares.values()) expect(status).toBe('REVOKED')
    }),
    { numRuns },
  )
})

test('An offer is taken up before its end only, and expires from its end on only', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { command, before, decision } of play(image, asked)) {
        if (decision._tag === 'Left' || !isRegistered(before)) continue
        for (const { type, data } of only(decision.right, 'ImageShareAccepted', 'ImageShareExpired')) {
          // Offering anew ends what is overdue first.
          if (command.type !== 'AcceptShare' && command.type !== 'ExpireShare' && command.type !== 'Share')
            throw new Error(`${type} came of ${command.type}`)
          const end = before.shares.get(data.project)?.expiresAt ?? null
          expect(end !== null && end <= command.now).toBe(type === 'ImageShareExpired')
        }
      }
    }),
    { numRuns },
  )
})

test('What was accepted once does not expire', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { event, past } of withPast(eventsOf(play(image, asked)))) {
        if (event.type !== 'ImageShareExpired') continue
        const types = sinceOffer(past, event.data.project).map(({ type }) => type)
        expect(types).not.toContain('ImageShareAccepted')
      }
    }),
    { numRuns },
  )
})

test('An image is never offered to the project that owns it', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { before, decision } of play(image, asked)) {
        if (decision._tag === 'Left' || !isRegistered(before)) continue
        for (const { data } of only(decision.right, 'ImageShared'))
          expect(data.project).not.toBe(before.project)
      }
    }),
    { numRuns },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ImageCommand } from '../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import {
  type ImageState,
  imageAggregate,
  isRegistered,
  type RegisteredImage,
} from '../../src/domain/image/state.ts'
import type { Instant } from '../../src/domain/kernel/instant.ts'
import { eventsOf, image, play } from '../support/histories.ts'
import { testSize } from '../support/size.ts'
import { cutBefore, only, withPast } from './image-events.ts'

// What holds of images that are withdrawn: deprecated, deactivated, deleted.

const numRuns = testSize(500, 20_000)

test('An image becomes obsolete only while it is deprecated, and once until that is taken back', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { event, past } of withPast(eventsOf(play(image, asked)))) {
        if (event.type !== 'ImageObsoleted') continue
        const since = only(past, 'ImageDeprecated', 'ImageObsoleted', 'ImageUndeprecated')
        const taken = since.findLastIndex(({ type }) => type === 'ImageUndeprecated')
        const types = since.slice(taken + 1).map(({ type }) => type)
        expect(types).toContain('ImageDeprecated')
        expect(types).not.toContain('ImageObsoleted')
      }
    }),
    { numRuns },
  )
})

test('The dates of a notice are carried out once at most', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const [before = [], ...notices] = cutBefore(eventsOf(play(image, asked)), 'ImageDeprecated')
      const carriedOut = (some: readonly ImageEvent[]) =>
        some.filter(
          (event) =>
            event.type === 'ImageDeletionPrevented' ||
            (event.type === 'ImageDeletionRequested' && event.data.scheduled),
        )
      expect(carriedOut(before)).toStrictEqual([])
      for (const underOne of notices) {
        expect(carriedOut(underOne).length).toBeLessThanOrEqual(1)
        expect(only(underOne, 'ImageObsoleted').length).toBeLessThanOrEqual(1)
      }
    }),
    { numRuns },
  )
})

/** The steps that a command of a type, or of any other, made an image take. */
const stepsOf = (asked: readonly ImageCommand[], type: ImageCommand['type'], isOf = true) =>
  play(image, asked).flatMap(({ command, before, decision, after }) =>
    (command.type === type) === isOf &&
    decision._tag === 'Right' &&
    isRegistered(before) &&
    isRegistered(after)
      ? [{ command, before, events: decision.right, after }]
      : [],
  )

test('Only looking at the clock carries dates out', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { events } of stepsOf(asked, 'CarryOutDates', false)) {
        expect(only(events, 'ImageObsoleted', 'ImageDeletionPrevented')).toStrictEqual([])
        for (const { data } of only(events, 'ImageDeletionRequested')) expect(data.scheduled).toBe(false)
      }
    }),
    { numRuns },
  )
})

test('Looking at the clock carries out what is due, and nothing else', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { command, before, events, after } of stepsOf(asked, 'CarryOutDates')) {
        if (command.type !== 'CarryOutDates') continue
        const isDue = (date: Instant | null | undefined) =>
          date !== null && date !== undefined && date <= command.now
        const goes = ({ status }: RegisteredImage) => status === 'DELETING' || status === 'DELETED'
        const [obsolete, spent] = [isDue(before.deprecation?.obsoleteAt), isDue(before.deprecation?.deleteAt)]
        if (!obsolete) expect(only(events, 'ImageObsoleted')).toStrictEqual([])
        if (!spent) expect(events.filter(({ type }) => type !== 'ImageObsoleted')).toStrictEqual([])
        for (const { data } of only(events, 'ImageDeletionRequested')) expect(data.scheduled).toBe(true)
        if (goes(before)) expect(events).toStrictEqual([])
        else if (obsolete) expect(after.deprecation?.stage).toBe('OBSOLETE')
        if (spent) expect(goes(after)).toBe(goes(before) || after.deprecation?.deletionPrevented === false)
      }
    }),
    { numRuns },
  )
})

test('What an operator deactivated only an operator reactivates', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      let keptByOperator = false
      for (const { command, decision } of play(image, asked)) {
        if (decision._tag === 'Left') continue
        for (const event of only(decision.right, 'ImageDeactivated', 'ImageReactivated')) {
          if (keptByOperator) expect(command).toMatchObject({ type: 'Reactivate', by: 'OPERATOR' })
          keptByOperator = event.type === 'ImageDeactivated' && event.data.by === 'OPERATOR'
        }
      }
    }),
    { numRuns },
  )
})

test('No deletion begins of an image that is protected', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { event, past } of withPast(eventsOf(play(image, asked))))
        if (event.type === 'ImageDeletionRequested')
          expect(only(past, 'ImageProtected', 'ImageUnprotected').at(-1)?.type).not.toBe('ImageProtected')
    }),
    { numRuns },
  )
})

/** But for a date of deletion that came, which a restore drops. */
const butForDeleteAt = (state: ImageState): ImageState =>
  isRegistered(state) && state.deprecation !== null
    ? { ...state, deprecation: { ...state.deprecation, deleteAt: null } }
    : state

test('An image that was restored is as if its deletion had not been asked for', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const events = eventsOf(play(image, asked))
      const fold = (some: readonly ImageEvent[]) => some.reduce(imageAggregate.evolve, imageAggregate.initial)
      const takenBack = only(events, 'ImageDeletionRequested').slice(0, only(events, 'ImageRestored').length)
      const without = events.filter(
        (event) => event.type !== 'ImageRestored' && !takenBack.some((deletion) => deletion === event),
      )
      const dateCame = takenBack.some(({ data }) => data.scheduled)
      const alike = (state: ImageState) => (dateCame ? butForDeleteAt(state) : state)
      expect(alike(fold(events))).toStrictEqual(alike(fold(without)))
    }),
    { numRuns },
  )
})

test('A restore comes before the deletion is final, and none after', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      for (const { command, before, decision } of play(image, asked)) {
        if (decision._tag === 'Left' || only(decision.right, 'ImageRestored').length === 0) continue
        if (command.type !== 'Restore' || !isRegistered(before)) throw new Error('Only a restore restores')
        expect(before.status).toBe('DELETING')
        expect(before.deletion?.deleteAt).toSatisfy((deleteAt: string) => command.now < deleteAt)
      }
    }),
    { numRuns },
  )
})

test('After its deletion an image loses its bytes and what others hold of it, is measured late, and nothing else happens', () => {
  fc.assert(
    fc.property(image.commands, (asked) => {
      const [, after = []] = cutBefore(eventsOf(play(image, asked)), 'ImageDeleted')
      for (const { type } of after.slice(1))
        expect([
          'ImageContentRemoved',
          'ImageClaimAbandoned',
          'ImageShareExpired',
          'ImageSizeReported',
        ]).toContain(type)
    }),
    { numRuns },
  )
})

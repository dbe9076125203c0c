import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DomainEvent, decodeEvent, encodeEvent } from '../../src/domain/kernel/event.ts'
import {
  account,
  billing,
  type Decided,
  eventsOf,
  image,
  location,
  play,
  pricing,
  project,
} from '../support/histories.ts'
import { testSize } from '../support/size.ts'

// What holds for every aggregate, whatever was asked of it before.

const numRuns = testSize(300, 10_000)

const laws = <State, Event extends DomainEvent, Command>(
  name: string,
  decided: Decided<State, Event, Command>,
): void => {
  const { aggregate, decide, commands } = decided
  const { definitions, evolve, initial } = aggregate

  describe(name, () => {
    test('comes to the same state event by event and from the log as a whole', () => {
      fc.assert(
        fc.property(commands, (asked) => {
          const steps = play(decided, asked)
          const readBack = eventsOf(steps).map((event) => {
            const stored = JSON.parse(JSON.stringify(encodeEvent(definitions, event)))
            const decoded = decodeEvent(
              definitions,
              event.type,
              stored,
              definitions[event.type]?.version ?? 0,
            )
            if (decoded._tag === 'Left') throw new Error(decoded.left)
            // What the definitions of an aggregate decode is one of its events.
            return decoded.right as Event
          })
          expect(readBack).toStrictEqual(eventsOf(steps))
          expect(readBack.reduce(evolve, initial)).toStrictEqual(steps.at(-1)?.after ?? initial)
        }),
        { numRuns },
      )
    })

    test('writes nothing the second time', () => {
      fc.assert(
        fc.property(commands, (asked) => {
          for (const { command, after } of play(decided, asked)) {
            const again = decide(command, after)
            expect(again._tag === 'Left' ? [] : again.right).toStrictEqual([])
          }
        }),
        { numRuns },
      )
    })

    test('is not changed by what it refuses, and decides without changing what it is given', () => {
      fc.assert(
        fc.property(commands, (asked) => {
          for (const { command, before, decision } of play(decided, asked))
            expect(decide(command, before)).toStrictEqual(decision)
        }),
        { numRuns },
      )
    })

    test('takes any of its events after any of its histories', () => {
      fc.assert(
        fc.property(commands, commands, (asked, others) => {
          const reached = play(decided, asked).at(-1)?.after ?? initial
          for (const event of eventsOf(play(decided, others)))
            expect(() => evolve(reached, event)).not.toThrow()
        }),
        { numRuns },
      )
    })
  })
}

laws('An image', image)
laws('An account', account)
laws('A project', project)
laws('A location', location)
laws('The bill of an account', billing)
laws('The prices of a scope', pricing)

const historiesOf = <State, Event extends DomainEvent, Command>(decided: Decided<State, Event, Command>) => ({
  known: Object.keys(decided.aggregate.definitions),
  histories: decided.commands.map((asked) => eventsOf(play(decided, asked)).map(({ type }) => type)),
})

// A law says nothing of what never happens in the histories that it is held against.
test.each([
  ['an image', historiesOf(image)],
  ['an account', historiesOf(account)],
  ['a project', historiesOf(project)],
  ['a location', historiesOf(location)],
  ['the bill of an account', historiesOf(billing)],
  ['the prices of a scope', historiesOf(pricing)],
])('The histories of %s have every type of event in them', (_, { known, histories }) => {
  const met = new Set(fc.sample(histories, { numRuns: 1_000, seed: 1 }).flat())
  expect([...met].sort()).toStrictEqual(known.sort())
})

import { expect } from 'vitest'
import type { Aggregate } from '../../src/domain/kernel/aggregate.ts'
import { type DomainEvent, decodeEvent, encodeEvent } from '../../src/domain/kernel/event.ts'
import { type Either, left, right } from '../../src/domain/kernel/fp.ts'
import type { Refusal } from '../../src/domain/kernel/refusal.ts'

/** What a decision comes to: exactly these events, or exactly this refusal. */
export type Outcome<Event> = readonly Event[] | Refusal

/**
 * `given(events).when(command).thenExpect(events or refusal)` for one decider. Beside what is expected it holds every
 * decision to three laws: its events fit what is stored, decoding gives them back, and the same command after them gives no
 * further event. (Not `then`: an object with that method is taken for a promise.)
 */
export const givenOf =
  <State, Event extends DomainEvent, Command>(
    aggregate: Aggregate<State, Event>,
    decide: (command: Command, state: State) => Either<Refusal, readonly Event[]>,
  ) =>
  (events: readonly Event[]) => ({
    when: (command: Command) => ({
      thenExpect: (expected: Outcome<Event>): void => {
        const state = events.reduce(aggregate.evolve, aggregate.initial)
        const decision = decide(command, state)
        expect(decision).toStrictEqual('tag' in expected ? left(expected) : right(expected))
        if (decision._tag === 'Left') return
        for (const event of decision.right) expect(stored(aggregate, event)).toStrictEqual(right(event))
        const again = decide(command, decision.right.reduce(aggregate.evolve, state))
        expect(again._tag === 'Left' ? [] : again.right).toStrictEqual([])
      },
    }),
  })

/** The event after a way through JSON. */
const stored = <State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, event: Event) => {
  const { definitions } = aggregate
  const json = JSON.parse(JSON.stringify(encodeEvent(definitions, event)))
  return decodeEvent(definitions, event.type, json, definitions[event.type]?.version ?? 0)
}

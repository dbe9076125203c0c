import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Row, toStoredEvent } from '../../../src/adapters/sqlite/event-table.ts'
import { Tail } from '../../../src/adapters/sqlite/tail.ts'
import { setClock } from '../../support/clock.ts'
import { newStream } from '../../support/events.ts'
import { testSize } from '../../support/size.ts'

const stream = newStream()
const rowAt = (position: number, text: string): Row => [
  position,
  stream,
  position,
  `event ${position}`,
  'SomethingHappened',
  JSON.stringify({ text }),
  '{}',
  setClock().now(),
]

/** Rows at positions with gaps, in groups. */
const groups = fc.array(
  fc.record({ gaps: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1_500 }), large: fc.boolean() }),
  { maxLength: 6 },
)

test('The tail gives exactly what follows a position, or nothing at all where it has dropped a part of it', () => {
  fc.assert(
    fc.property(
      groups,
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 600 }),
      (pushed, head, limit) => {
        const tail = new Tail(head)
        const all: Row[] = []
        let position = head
        for (const { gaps, large } of pushed) {
          const rows = gaps.map((gap) => {
            position += gap
            return rowAt(position, large ? 'x'.repeat(8_000) : '')
          })
          tail.push(rows)
          all.push(...rows)
        }
        expect(tail.end).toBe(position)
        const answers = Array.from({ length: position + 2 }, (_, at) => tail.after(BigInt(at), 1)?.[0]?.id)
        const expected = Array.from({ length: position + 2 }, (_, at) => all.find((row) => row[0] > at)?.[3])
        const known = Array.from({ length: position + 2 }, (_, at) => tail.after(BigInt(at), 1) !== null)
        // From some position on it knows everything, and that is no later than the last 2,000 events or 4,000,000 characters.
        const first = known.indexOf(true)
        expect(known.slice(first)).toEqual(known.slice(first).map(() => true))
        expect(answers.slice(first)).toEqual(expected.slice(first))
        const page = tail.after(BigInt(first), limit)
        expect(page).toEqual(
          all
            .filter((row) => row[0] > first)
            .slice(0, limit)
            .map(toStoredEvent),
        )
      },
    ),
    { numRuns: testSize(20, 300) },
  )
})

test('The tail knows nothing from before it began', () => {
  const tail = new Tail(5)
  expect([tail.after(4n, 1), tail.after(5n, 1)]).toEqual([null, []])
})

test('The tail keeps 2,000 events at least, unless they are large, and 4,000 at most', () => {
  const tail = new Tail(0)
  const push = (from: number, to: number) =>
    tail.push(Array.from({ length: to - from }, (_, index) => rowAt(from + index + 1, '')))
  push(0, 4_000)
  expect(tail.after(0n, 4_000)).toHaveLength(4_000)
  push(4_000, 4_001)
  expect(tail.after(2_000n, 4_000)).toBeNull()
  expect(tail.after(2_001n, 4_000)).toHaveLength(2_000)
})

test('The tail parses an event once for all who read it', () => {
  const tail = new Tail(0)
  tail.push([rowAt(1, 'once')])
  expect(tail.after(0n, 1)?.[0]).toBe(tail.after(0n, 1)?.[0])
})

import { describe, expect, test } from 'vitest'
import type { EventLog, NewEvent } from '../../src/application/ports/event-log.ts'
import type { JsonObject } from '../../src/domain/kernel/event.ts'
import type { StreamName } from '../../src/domain/kernel/recorded.ts'
import { newEvent, newEvents, newStream } from '../support/events.ts'

/** The part of the event log's contract that is about what it cannot hold; event-log.ts runs it. */
export const inputContract = (name: string, openLog: () => Promise<EventLog>): void => {
  const malformed: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a category alone', 'image'],
    ['a category and a dash', 'image-'],
    ['a dash and an id', '-1'],
    ["a name of the store's own", '$streams-1'],
    ['a name with a space', 'image-1 2'],
    ['a name with a line break', 'image-1\n'],
  ]
  const unstorable: readonly (readonly [string, unknown])[] = [
    ['a bigint', { size: 1n }],
    ['undefined', { size: undefined }],
    ['undefined in a list', { sizes: [1, undefined] }],
    ['undefined deep within', { image: { content: [{ size: undefined }] } }],
    ['not a number', { size: Number.NaN }],
    ['infinity', { size: Number.POSITIVE_INFINITY }],
    ['a function', { size: () => 1 }],
    ['a date', { at: new Date(0) }],
    ['a map', { sizes: new Map() }],
    ['a list instead of an object', [1]],
    ['a string instead of an object', 'size'],
  ]

  describe(`${name}: an append is refused as a bug`, () => {
    const refused = async (stream: string, events: readonly NewEvent[], expected: number | 'NO_STREAM') => {
      const log = await openLog()
      const head = await log.head()
      const appending = async () => log.append(stream as StreamName, expected, events)()
      await expect(appending()).rejects.toThrow(TypeError)
      expect(await log.head()).toBe(head)
    }

    test('without events', () => refused(newStream(), [], 'NO_STREAM'))
    test('without a type', () => refused(newStream(), [newEvent({}, '')], 'NO_STREAM'))
    test('with an id that is no UUID', () =>
      refused(newStream(), [{ ...newEvent(), id: 'first' }], 'NO_STREAM'))
    test('with metadata that says when it was recorded', () =>
      refused(
        newStream(),
        [newEvent({}, 'SomethingHappened', { recordedAt: '2021-07-08T09:10:11.012Z' })],
        'NO_STREAM',
      ))
    test.each([-1, 0.5, Number.NaN])('at the revision %d', (revision) =>
      refused(newStream(), newEvents(1), revision),
    )
    test.each(malformed)('to a stream named by %s', (_, stream) => refused(stream, newEvents(1), 'NO_STREAM'))
    test.each(unstorable)('with data that is or has %s', (_, data) =>
      refused(newStream(), [newEvent(), newEvent(data as JsonObject)], 'NO_STREAM'),
    )
    test.each(unstorable)('with metadata that is or has %s', (_, metadata) =>
      refused(newStream(), [newEvent({}, 'SomethingHappened', metadata as JsonObject)], 'NO_STREAM'),
    )
  })
}

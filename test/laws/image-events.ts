import { expect } from 'vitest'
import type { ImageEvent } from '../../src/domain/image/events.ts'

type OfType<Type extends ImageEvent['type']> = Extract<ImageEvent, { type: Type }>

/** The events of some types, in their order. */
export const only = <Type extends ImageEvent['type']>(
  events: readonly ImageEvent[],
  ...types: readonly Type[]
): readonly OfType<Type>[] =>
  events.filter((event): event is OfType<Type> => types.some((type) => type === event.type))

/** Each event with those that came before it. */
export const withPast = (
  events: readonly ImageEvent[],
): readonly { readonly event: ImageEvent; readonly past: readonly ImageEvent[] }[] =>
  events.map((event, index) => ({ event, past: events.slice(0, index) }))

/** What lies before the first event of a type, and then from each of them to the next. */
export const cutBefore = (
  events: readonly ImageEvent[],
  type: ImageEvent['type'],
): readonly (readonly ImageEvent[])[] => {
  const cuts = events.flatMap((event, index) => (event.type === type ? [index] : []))
  return [0, ...cuts].map((start, n) => events.slice(start, cuts[n]))
}

/** A table of ways holds for each step from one to the next. */
export const expectWay = (
  ways: Readonly<Record<string, readonly string[]>>,
  from: string,
  to: string,
): void => {
  if (from !== to) expect(ways[from]).toContain(to)
}

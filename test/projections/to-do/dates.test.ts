import { describe, expect, test } from 'vitest'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { lab } from '../../support/samples.ts'
import {
  at,
  deleted,
  deprecated,
  image,
  obsoleted,
  prevented,
  requested,
  restored,
  shared,
  undeprecated,
} from './events.ts'
import { listAfter } from './list-after.ts'

/** The seconds at which image 1 is due after these events, of those at which it may be: 20 and 40, and just before. */
const dueAt = (...events: readonly LedgerEvent[]): readonly number[] => {
  const { dates } = listAfter(...events.map((event) => [image(1), event] as const))
  return [19, 20, 39, 40].filter((second) => dates(at(second)).length > 0)
}

describe('The dates of an image are left to carry out', () => {
  test.each<[string, readonly LedgerEvent[], readonly number[]]>([
    ['never where there are none', [deprecated(null, null)], []],
    ['never where it is not deprecated', [shared(lab, 20)], []],
    ['from the date on which it becomes obsolete', [deprecated(20, null)], [20, 39, 40]],
    ['from the date of its deletion', [deprecated(null, 40)], [40]],
    ['from the first date on while both are to come', [deprecated(20, 40)], [20, 39, 40]],
    ['not any more once it is obsolete', [deprecated(20, null), obsoleted], []],
    ['on the date of its deletion once it is obsolete', [deprecated(20, 40), obsoleted], [40]],
    ['not any more while it is being deleted', [deprecated(20, 40), requested(50)], []],
    ['not any more while its date deletes it', [deprecated(20, 40), obsoleted, requested(50, true)], []],
    [
      'as before where a deletion that was asked for is taken back',
      [deprecated(20, 40), requested(50), restored],
      [20, 39, 40],
    ],
    [
      'not again where the deletion that its date began is taken back',
      [deprecated(20, 40), obsoleted, requested(50, true), restored],
      [],
    ],
    [
      'on the date of obsolescence still where the deletion that its date began is taken back',
      [deprecated(20, 20), requested(50, true), restored],
      [20, 39, 40],
    ],
    [
      'on a new date after a restore',
      [deprecated(null, 20), requested(50, true), restored, deprecated(null, 40)],
      [40],
    ],
    [
      'as announced last where a scheduled deletion was taken back, then one that was asked for',
      [deprecated(null, 20), requested(50, true), restored, deprecated(null, 40), requested(50), restored],
      [40],
    ],
    ['not again where its deletion was prevented', [deprecated(null, 20), prevented], []],
    [
      'on the date of obsolescence still where its deletion was prevented',
      [deprecated(20, 20), prevented],
      [20, 39, 40],
    ],
    [
      'on a new date after its deletion was prevented',
      [deprecated(null, 20), prevented, deprecated(null, 40)],
      [40],
    ],
    ['as it was announced last', [deprecated(20, 20), deprecated(null, 40)], [40]],
    ['not for a date that was taken back', [deprecated(20, 40), deprecated(null, null)], []],
    [
      'not for obsolescence again where it is announced anew while it is obsolete',
      [deprecated(20, null), obsoleted, deprecated(20, null)],
      [],
    ],
    [
      'on the date of deletion where it is announced anew while it is obsolete',
      [deprecated(20, null), obsoleted, deprecated(20, 40)],
      [40],
    ],
    ['never where it is deprecated no longer', [deprecated(20, 40), undeprecated], []],
    [
      'for obsolescence again where it was deprecated no longer in between',
      [deprecated(20, null), obsoleted, undeprecated, deprecated(40, null)],
      [40],
    ],
    ['never where it is deleted', [deprecated(20, 40), requested(1), deleted], []],
    ['never where it is deleted without more ado', [deprecated(20, 40), deleted], []],
  ])('%s', (_, events, expected) => {
    expect(dueAt(...events)).toStrictEqual(expected)
  })

  test('whatever happens to other images, each once', () => {
    const { dates } = listAfter(
      [image(1), deprecated(20, 20)],
      [image(2), deprecated(20, 40)],
      [image(3), deprecated(20, 20)],
      [image(3), undeprecated],
      [image(2), obsoleted],
    )
    expect(dates(at(20))).toStrictEqual([1])
    expect([...dates(at(40))].sort()).toStrictEqual([1, 2])
  })

  test('and no more of them than are asked for', () => {
    const { dates } = listAfter([image(1), deprecated(20, null)], [image(2), deprecated(null, 20)])
    expect(dates(at(20), 1)).toHaveLength(1)
    expect(dates(at(20), 2)).toHaveLength(2)
  })
})

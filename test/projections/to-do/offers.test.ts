import { describe, expect, test } from 'vitest'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { imageId, lab, ops } from '../../support/samples.ts'
import { answered, at, deleted, image, requested, restored, shared } from './events.ts'
import { listAfter } from './list-after.ts'

/** The offers of image 1 that are left to end after these events. */
const leftAfter = (...events: readonly LedgerEvent[]): readonly string[] =>
  listAfter(...events.map((event) => [image(1), event] as const)).offers()

describe('An offer is left to end', () => {
  test('when its time has come, the most overdue first, and no more than are asked for', () => {
    const { offers, toDo } = listAfter(
      [image(1), shared(lab, 30)],
      [image(1), shared(ops, 20)],
      [image(2), shared(lab, 25)],
    )
    expect(offers(at(19))).toStrictEqual([])
    expect(offers(at(20))).toStrictEqual(['1 ops'])
    expect(offers(at(30))).toStrictEqual(['1 ops', '2 lab', '1 lab'])
    expect(offers(at(30), 2)).toStrictEqual(['1 ops', '2 lab'])
    expect(toDo.expiredOffers(at(20), 1)).toStrictEqual([{ imageId: imageId(1), project: ops }])
  })

  test.each<[string, readonly LedgerEvent[], readonly string[]]>([
    ['never where it has no end', [shared(lab, null)], []],
    ['not once it is accepted', [shared(lab, 20), answered('Accepted', lab)], []],
    [
      'not when it is given back after it was accepted',
      [shared(lab, 20), answered('Accepted', lab), answered('Rejected', lab)],
      [],
    ],
    ['though it was rejected', [shared(lab, 20), answered('Rejected', lab)], ['1 lab']],
    [
      'not when it is accepted after it was rejected',
      [shared(lab, 20), answered('Rejected', lab), answered('Accepted', lab)],
      [],
    ],
    ['until it is ended', [shared(lab, 20), answered('Expired', lab)], []],
    ['until it is taken back', [shared(lab, 20), answered('Revoked', lab)], []],
    ['again where it is made again', [shared(lab, 20), answered('Expired', lab), shared(lab, 30)], ['1 lab']],
    [
      'not where it is made again without an end',
      [shared(lab, 20), answered('Revoked', lab), shared(lab, null)],
      [],
    ],
    ['while its image is being deleted', [shared(lab, 20), requested(1)], ['1 lab']],
    ['when its image is restored', [shared(lab, 20), requested(1), restored], ['1 lab']],
    ['not once its image is deleted', [shared(lab, 20), shared(ops, 20), requested(1), deleted], []],
    [
      'whatever becomes of the others of its image',
      [shared(lab, 20), shared(ops, 20), answered('Accepted', ops)],
      ['1 lab'],
    ],
  ])('%s', (_, events, expected) => {
    expect(leftAfter(...events)).toStrictEqual(expected)
  })

  test('whatever becomes of other images', () => {
    const { offers } = listAfter(
      [image(1), shared(lab, 20)],
      [image(2), shared(lab, 20)],
      [image(2), answered('Revoked', lab)],
      [image(3), shared(lab, 20)],
      [image(3), deleted],
    )
    expect(offers()).toStrictEqual(['1 lab'])
  })
})

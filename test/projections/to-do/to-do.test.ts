import { describe, expect, test } from 'vitest'
import { blobKey, claimId, imageId } from '../../support/samples.ts'
import {
  abandoned,
  at,
  claimed,
  deleted,
  demoted,
  image,
  later,
  promoted,
  registered,
  released,
  removed,
  renamed,
  requested,
  restored,
  stored,
} from './events.ts'
import { type Happening, listAfter } from './list-after.ts'

describe('A claim on a name is left to settle', () => {
  test.each<[string, readonly Happening[], readonly number[]]>([
    ['from the moment it is made', [['account-acme', claimed(1, 1)]], [1]],
    [
      'until its image is registered by it',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), registered(1)],
      ],
      [],
    ],
    [
      'for good where another claim is what the image is registered by',
      [
        ['account-acme', claimed(1, 1)],
        ['account-acme', claimed(1, 2)],
        [image(1), registered(2)],
      ],
      [1],
    ],
    [
      'where the registration was given up',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), abandoned(1)],
      ],
      [1],
    ],
    [
      'by a rename before it takes the new name',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), registered(1)],
        ['account-acme', claimed(1, 2)],
      ],
      [2],
    ],
    [
      'by a rename after it left the old name',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), registered(1)],
        ['account-acme', claimed(1, 2)],
        [image(1), renamed(2)],
      ],
      [1],
    ],
    [
      'by a promotion after it left the project, and not the claim that it lives by now',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), registered(1)],
        ['account-acme', claimed(1, 2)],
        [image(1), promoted(2)],
      ],
      [1],
    ],
    [
      'by a demotion after it left the account, and not the claim that it lives by now',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), registered(1)],
        ['account-acme', claimed(1, 2)],
        [image(1), promoted(2)],
        ['account-acme', released(1, 1)],
        ['account-acme', claimed(1, 3)],
        [image(1), demoted(3)],
      ],
      [2],
    ],
    [
      'when its image is deleted, until it is released',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), registered(1)],
        [image(1), deleted],
      ],
      [1],
    ],
    [
      'not after it is released',
      [
        ['account-acme', claimed(1, 1)],
        [image(1), registered(1)],
        [image(1), deleted],
        ['account-acme', released(1, 1)],
      ],
      [],
    ],
    [
      'whatever happens to other images',
      [
        ['account-acme', claimed(1, 1)],
        ['account-acme', claimed(2, 2)],
        [image(2), registered(2)],
        [image(2), deleted],
      ],
      [1, 2],
    ],
  ])('%s', (_, events, expected) => {
    expect(listAfter(...events).claims()).toStrictEqual(expected)
  })

  test('with what it takes to settle it', () => {
    const { toDo } = listAfter(['account-acme', claimed(1, 2)])
    expect(toDo.unsettledClaims(later, 1)).toStrictEqual([
      { claimId: claimId(2), account: 'acme', imageId: imageId(1) },
    ])
  })

  test('only once it has been so for as long as is asked for, the oldest first, and no more than are asked for', () => {
    const { claims } = listAfter(
      ['account-acme', claimed(1, 2)],
      ['account-acme', claimed(2, 1)],
      ['account-acme', claimed(3, 3)],
    )
    expect(claims()).toStrictEqual([2, 1, 3])
    expect(claims(at(1))).toStrictEqual([2])
    expect(claims(at(0))).toStrictEqual([])
    expect(claims(later, 2)).toStrictEqual([2, 1])
  })

  test('counts from the event that left it over, not from when it was made', () => {
    const { claims } = listAfter(
      ['account-acme', claimed(1, 1)],
      [image(1), registered(1)],
      ['account-acme', claimed(1, 2)],
      [image(1), renamed(2)],
    )
    expect(claims(at(3))).toStrictEqual([])
    expect(claims(at(4))).toStrictEqual([1])
  })
})

describe('A deletion is left to complete', () => {
  test('when its time has come, the most overdue first, and no more than are asked for', () => {
    const { deletions } = listAfter([image(1), requested(30)], [image(2), requested(20)])
    expect(deletions(at(19))).toStrictEqual([])
    expect(deletions(at(20))).toStrictEqual([2])
    expect(deletions(at(30))).toStrictEqual([2, 1])
    expect(deletions(at(30), 1)).toStrictEqual([2])
  })

  test('until it is completed', () => {
    expect(listAfter([image(1), requested(1)], [image(1), deleted]).deletions()).toStrictEqual([])
  })

  test('until it is taken back, and again when it is asked for again', () => {
    const life = [requested(10), restored, requested(20)].map((event) => [image(1), event] as const)
    const others = [[image(2), requested(10)]] as const
    expect(listAfter(...others, ...life.slice(0, 2)).deletions()).toStrictEqual([2])
    expect(listAfter(...others, ...life).deletions(at(19))).toStrictEqual([2])
    expect(listAfter(...others, ...life).deletions(at(20))).toStrictEqual([2, 1])
  })

  test('whether somebody asked for it or its date came', () => {
    expect(listAfter([image(1), requested(1, true)]).deletions()).toStrictEqual([1])
  })
})

describe('Bytes are left to remove', () => {
  test('once their image is deleted, until they are removed', () => {
    const life = [
      [image(1), stored(1)],
      [image(1), requested(1)],
      [image(1), deleted],
      [image(1), removed(1)],
    ] as const
    const contents = life.map((_, index) => listAfter(...life.slice(0, index + 1)).contents())
    expect(contents).toStrictEqual([[], [], [{ imageId: imageId(1), blob: blobKey(1) }], []])
  })

  test('of no image that never had any', () => {
    expect(listAfter([image(1), deleted]).contents()).toStrictEqual([])
  })

  test('and no more than are asked for', () => {
    const { contents } = listAfter(
      [image(1), stored(1)],
      [image(2), stored(2)],
      [image(1), deleted],
      [image(2), deleted],
    )
    expect(contents(1)).toHaveLength(1)
    expect(contents()).toHaveLength(2)
  })
})

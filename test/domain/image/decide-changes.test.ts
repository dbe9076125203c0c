import { describe, expect, test } from 'vitest'
import { decide } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { imageAggregate, removableBlob } from '../../../src/domain/image/state.ts'
import { imageProtected, invalidInput, invalidState } from '../../../src/domain/kernel/refusal.ts'
import { givenOf } from '../../support/given.ts'
import { blobKey, claimId, imageName, registration, web } from '../../support/samples.ts'
import {
  change,
  deleted,
  nothing,
  now,
  registered,
  rename,
  renamed,
  requested,
  type StateName,
  stateOf,
  states,
  tomorrow,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

describe('A change of name', () => {
  test('to the name that it has changes nothing, whatever claim comes with it', () => {
    given([registered]).when(rename('debian', 7)).thenExpect(nothing)
  })

  test('cannot use a claim that repair took from it', () => {
    const refusal = invalidState(
      'CREATING',
      'The change of name took too long and was given up: ask for it again.',
    )
    given([registered, { type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }])
      .when(rename('debian-13', 2))
      .thenExpect(refusal)
  })

  test('cannot use the claim of a name that the image had before', () => {
    given([registered, renamed])
      .when(rename('debian', 1))
      .thenExpect(
        invalidState('CREATING', 'The change of name took too long and was given up: ask for it again.'),
      )
  })

  test('goes back to an earlier name with a claim of its own', () => {
    given([registered, renamed])
      .when(rename('debian', 3))
      .thenExpect([
        {
          type: 'ImageRenamed',
          data: { from: imageName('debian-13'), name: imageName('debian'), claimId: claimId(3) },
        },
      ])
  })
})

describe('A change of what is said of an image', () => {
  test('that asks for nothing gives no event', () => {
    given([registered]).when(change({})).thenExpect(nothing)
  })

  test('tells only what differs', () => {
    given([registered])
      .when(change({ details: { description: '', os: 'debian', minDiskBytes: 0n, minRamBytes: 512n } }))
      .thenExpect([{ type: 'ImageDescribed', data: { changes: { os: 'debian', minRamBytes: 512n } } }])
  })

  test('clears what may be null', () => {
    given([registered, { type: 'ImageDescribed', data: { changes: { os: 'debian', version: '13' } } }])
      .when(change({ details: { os: null, version: null, arch: null } }))
      .thenExpect([{ type: 'ImageDescribed', data: { changes: { os: null, version: null } } }])
  })

  test('tells of properties only what was set to another value and what was there to remove', () => {
    const has = registration({
      properties: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
    })
    given([{ type: 'ImageRegistered', data: has }])
      .when(
        change({
          setProperties: [
            { name: 'a', value: '1' },
            { name: 'c', value: '3' },
          ],
          removeProperties: ['b', 'unknown'],
        }),
      )
      .thenExpect([
        { type: 'ImagePropertiesChanged', data: { set: [{ name: 'c', value: '3' }], removed: ['b'] } },
      ])
  })

  test('sets a property that is to be removed and set at once', () => {
    const has = registration({ properties: [{ name: 'a', value: '1' }] })
    given([{ type: 'ImageRegistered', data: has }])
      .when(change({ setProperties: [{ name: 'a', value: '2' }], removeProperties: ['a'] }))
      .thenExpect([
        { type: 'ImagePropertiesChanged', data: { set: [{ name: 'a', value: '2' }], removed: [] } },
      ])
  })

  test('tells of tags only what came and what went', () => {
    given([{ type: 'ImageRegistered', data: registration({ tags: ['lts', 'old'] }) }])
      .when(change({ addTags: ['lts', 'new'], removeTags: ['old', 'unknown'] }))
      .thenExpect([{ type: 'ImageTagsChanged', data: { added: ['new'], removed: ['old'] } }])
  })

  test('keeps a tag that is to be added and removed at once', () => {
    given([{ type: 'ImageRegistered', data: registration({ tags: ['lts'] }) }])
      .when(change({ addTags: ['lts'], removeTags: ['lts'] }))
      .thenExpect(nothing)
  })

  test('protects and unprotects', () => {
    given([registered])
      .when(change({ protected: true }))
      .thenExpect([{ type: 'ImageProtected', data: {} }])
    given([registered, { type: 'ImageProtected', data: {} }])
      .when(change({ protected: false }))
      .thenExpect([{ type: 'ImageUnprotected', data: {} }])
    given([registered])
      .when(change({ protected: false }))
      .thenExpect(nothing)
  })

  test('tells everything in one order: name, description, properties, tags, protection', () => {
    given([registered])
      .when(
        change({
          rename: { name: imageName('debian-13'), project: web, claimId: claimId(2) },
          details: { description: 'Trixie' },
          setProperties: [{ name: 'a', value: '1' }],
          addTags: ['new'],
          protected: true,
        }),
      )
      .thenExpect([
        renamed,
        { type: 'ImageDescribed', data: { changes: { description: 'Trixie' } } },
        { type: 'ImagePropertiesChanged', data: { set: [{ name: 'a', value: '1' }], removed: [] } },
        { type: 'ImageTagsChanged', data: { added: ['new'], removed: [] } },
        { type: 'ImageProtected', data: {} },
      ])
  })
})

describe('A deletion', () => {
  test('is final at once where there is no recovery window', () => {
    given([registered])
      .when({ type: 'RequestDeletion', now, deleteAt: now })
      .thenExpect([{ type: 'ImageDeletionRequested', data: { deleteAt: now, scheduled: false } }, deleted])
  })

  test('of a protected image is refused until it is unprotected', () => {
    const isProtected: ImageEvent = { type: 'ImageProtected', data: {} }
    given([registered, isProtected])
      .when({ type: 'RequestDeletion', now, deleteAt: now })
      .thenExpect(imageProtected())
    given([{ type: 'ImageRegistered', data: registration({ protected: true }) }])
      .when({ type: 'RequestDeletion', now, deleteAt: now })
      .thenExpect(imageProtected())
    given([registered, isProtected, { type: 'ImageUnprotected', data: {} }])
      .when({ type: 'RequestDeletion', now, deleteAt: tomorrow })
      .thenExpect([requested])
  })

  test('leaves bytes to remove, until they are removed', () => {
    const blobOf = (state: StateName) => removableBlob(stateOf(states[state]))
    expect(Object.keys(states).map((state) => [state, blobOf(state as StateName)])).toStrictEqual([
      ['nothing at all', null],
      ['a registration given up', null],
      ['an image in CREATING', null],
      ['an image that is AVAILABLE', null],
      ['an image in ERROR', null],
      ['an image in DELETING', null],
      ['an image that is DELETED', blobKey(1)],
      ['a DELETED image without its bytes', null],
    ])
  })

  test('of an image without bytes leaves none to remove', () => {
    const state = stateOf([registered, requested, deleted])
    expect(removableBlob(state)).toBeNull()
  })

  test('has no other bytes removed than its own', () => {
    given(states['an image that is DELETED'])
      .when({ type: 'RecordContentRemoved', blob: blobKey(2) })
      .thenExpect(nothing)
  })
})

describe('Giving up a claim', () => {
  test('that the image lives by changes nothing', () => {
    given([registered])
      .when({ type: 'AbandonClaim', claimId: claimId(1) })
      .thenExpect(nothing)
    given([registered, renamed])
      .when({ type: 'AbandonClaim', claimId: claimId(2) })
      .thenExpect(nothing)
  })

  test('that the image let go itself changes nothing', () => {
    given([registered, renamed])
      .when({ type: 'AbandonClaim', claimId: claimId(1) })
      .thenExpect(nothing)
  })

  test('leaves the other claims as they are', () => {
    given([registered, { type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }])
      .when(rename('debian-13', 3))
      .thenExpect([
        {
          type: 'ImageRenamed',
          data: { from: imageName('debian'), name: imageName('debian-13'), claimId: claimId(3) },
        },
      ])
  })
})

describe('What changes add up to', () => {
  const many = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`)
  const tagged: ImageEvent = { type: 'ImageTagsChanged', data: { added: many(60, 'old-'), removed: [] } }

  test('is no more than 64 tags', () => {
    given([registered, tagged])
      .when(change({ addTags: many(10, 'new-') }))
      .thenExpect(
        invalidInput([
          { path: ['addTags'], message: 'would make 70 tags: an image has at most 64, remove some first' },
        ]),
      )
  })

  test('may be 64 tags again once some are removed', () => {
    given([registered, tagged])
      .when(change({ addTags: many(10, 'new-'), removeTags: many(6, 'old-') }))
      .thenExpect([
        { type: 'ImageTagsChanged', data: { added: many(10, 'new-'), removed: many(6, 'old-').toSorted() } },
      ])
  })

  test('is no more than 128 properties', () => {
    const properties = (count: number, prefix: string) =>
      many(count, prefix).map((name) => ({ name, value: 'x' }))
    given([
      registered,
      { type: 'ImagePropertiesChanged', data: { set: properties(100, 'old-'), removed: [] } },
    ])
      .when(change({ setProperties: properties(29, 'new-') }))
      .thenExpect(
        invalidInput([
          {
            path: ['setProperties'],
            message: 'would make 129 properties: an image has at most 128, remove some first',
          },
        ]),
      )
  })
})

import { describe, expect, test } from 'vitest'
import type { DeprecationNotice, ImageEvent } from '../../../src/domain/image/events.ts'
import { imageId, instant } from '../../support/samples.ts'
import { at, available, plainRow, registered, rowAfter, stored, withBytes } from './image-rows.ts'

const inMay = instant('2026-05-01T00:00:00.000Z')
const inJune = instant('2026-06-01T00:00:00.000Z')

const notice: DeprecationNotice = {
  replacement: imageId(2),
  reason: 'Out of support.',
  obsoleteAt: inMay,
  deleteAt: inJune,
}
const nothingSaid: DeprecationNotice = { replacement: null, reason: null, obsoleteAt: null, deleteAt: null }

const deprecated = (data: DeprecationNotice = notice): ImageEvent => ({ type: 'ImageDeprecated', data })
const obsoleted: ImageEvent = { type: 'ImageObsoleted', data: {} }
const undeprecated: ImageEvent = { type: 'ImageUndeprecated', data: {} }
const prevented: ImageEvent = { type: 'ImageDeletionPrevented', data: {} }
const asked: ImageEvent = {
  type: 'ImageDeletionRequested',
  data: { deleteAt: instant(at(9)), scheduled: false },
}
const scheduled: ImageEvent = {
  type: 'ImageDeletionRequested',
  data: { deleteAt: instant(at(9)), scheduled: true },
}
const restored: ImageEvent = { type: 'ImageRestored', data: {} }
const deleted: ImageEvent = { type: 'ImageDeleted', data: {} }
const failed: ImageEvent = {
  type: 'ImageCreationFailed',
  data: { code: 'EMPTY_IMAGE', message: 'It is empty.' },
}

/** What the notice makes of the row at the first second. */
const noted = {
  deprecation_stage: 'DEPRECATED',
  deprecated_at: at(1),
  deprecation_reason: 'Out of support.',
  replacement: imageId(2),
  obsolete_at: inMay,
  delete_at: inJune,
}

/** The row after these events that follow the registration, and what it is to differ in from the row before them. */
type Case = [name: string, events: readonly ImageEvent[], changes: object]

const follows = (cases: readonly Case[]): void =>
  test.each(cases)('%s', (_, events, changes) => {
    expect({ ...rowAfter(registered, ...events) }).toStrictEqual({
      ...plainRow,
      revision: events.length,
      updated_at: at(events.length),
      ...changes,
    })
  })

describe('The row of a deprecated image', () => {
  follows([
    ['shows its stage, since when, why, and what is to come', [deprecated()], noted],
    [
      'shows no more than was said',
      [deprecated(nothingSaid)],
      { deprecation_stage: 'DEPRECATED', deprecated_at: at(1) },
    ],
    [
      'shows what was announced last, and is deprecated since the first time',
      [deprecated(), deprecated({ ...nothingSaid, reason: 'Later.', obsoleteAt: inJune })],
      {
        deprecation_stage: 'DEPRECATED',
        deprecated_at: at(1),
        deprecation_reason: 'Later.',
        obsolete_at: inJune,
      },
    ],
    ['shows that it is obsolete', [deprecated(), obsoleted], { ...noted, deprecation_stage: 'OBSOLETE' }],
    [
      'stays obsolete when it is announced anew, since the first time',
      [deprecated(), obsoleted, deprecated({ ...notice, reason: null })],
      { ...noted, deprecation_stage: 'OBSOLETE', deprecation_reason: null },
    ],
    [
      'shows when its deletion was prevented',
      [deprecated(), prevented],
      { ...noted, deletion_prevented_at: at(2) },
    ],
    [
      'forgets that a deletion was prevented when it is announced anew',
      [deprecated(), prevented, deprecated()],
      noted,
    ],
    [
      'forgets all of it when it is deprecated no longer',
      [deprecated(), obsoleted, prevented, undeprecated],
      {},
    ],
    [
      'is deprecated since the second time where the first was taken back',
      [deprecated(), undeprecated, deprecated()],
      { ...noted, deprecated_at: at(3) },
    ],
  ])
})

describe('The row of an image that is being deleted', () => {
  follows([
    ['shows it', [asked], { status: 'DELETING' }],
    [
      'stays when the deletion is final, with when that was',
      [asked, deleted],
      { status: 'DELETED', deleted_at: at(2) },
    ],
    [
      'keeps what was said of its deprecation',
      [deprecated(), scheduled, deleted],
      { ...noted, status: 'DELETED', deleted_at: at(3) },
    ],
  ])
})

describe('The row of a restored image', () => {
  follows([
    ['has its status again: CREATING', [asked, restored], {}],
    [
      'has its status again: AVAILABLE',
      [stored, available, asked, restored],
      { ...withBytes, status: 'AVAILABLE', available_at: at(2) },
    ],
    [
      'has its status again, and why: ERROR',
      [failed, asked, restored],
      { status: 'ERROR', status_code: 'EMPTY_IMAGE', status_reason: 'It is empty.' },
    ],
    [
      'has the status that it had before the last deletion',
      [asked, restored, stored, available, asked, restored],
      { ...withBytes, status: 'AVAILABLE', available_at: at(4) },
    ],
    ['keeps the date of a deletion that is still to come', [deprecated(), asked, restored], noted],
    [
      'drops the date of the deletion that it was restored from',
      [deprecated(), scheduled, restored],
      { ...noted, delete_at: null },
    ],
    [
      'keeps a date that was set after that, whatever it is restored from next',
      [deprecated(), scheduled, restored, deprecated(), asked, restored],
      noted,
    ],
    [
      'drops no date of obsolescence, and is no less obsolete',
      [deprecated(), obsoleted, scheduled, restored],
      { ...noted, deprecation_stage: 'OBSOLETE', delete_at: null },
    ],
  ])
})

import { describe, expect, test } from 'vitest'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import type { ImageId, ProjectId, ShareKey } from '../../../src/domain/kernel/ids.ts'
import { shareKey } from '../../../src/domain/kernel/ids.ts'
import { type ShareRow, seenLastOf } from '../../../src/projections/catalog/rows.ts'
import { acme, globex, imageId, instant, lab, ops, registration, web } from '../../support/samples.ts'
import { newCatalog } from './catalogs.ts'

const shop = 'shop' as ProjectId
const at = (second: number): string => `2026-03-01T00:00:0${second}.000Z`
const inMay = instant('2026-05-01T00:00:00.000Z')

const shared = (project: ProjectId, message: string | null = null): ImageEvent => ({
  type: 'ImageShared',
  data: { project, message, expiresAt: inMay },
})
const answered = (type: 'Accepted' | 'Rejected' | 'Expired' | 'Revoked', project: ProjectId): ImageEvent => ({
  type: `ImageShare${type}`,
  data: { project },
})
const accepted = (project: ProjectId) => answered('Accepted', project)
const rejected = (project: ProjectId) => answered('Rejected', project)
const expired = (project: ProjectId) => answered('Expired', project)
const revoked = (project: ProjectId) => answered('Revoked', project)
const deleted: ImageEvent = { type: 'ImageDeleted', data: {} }

/** A catalog of projects web and ops of acme, lab and shop of globex, in which images 1 to 3 of web are registered. */
const world = () => {
  const made = newCatalog()
  const owners = [[web, acme] as const, [ops, acme] as const, [lab, globex] as const, [shop, globex] as const]
  for (const [project, account] of owners)
    made.tell(`project-${project}`, { type: 'ProjectCreated', data: { account, name: project } }, at(0))
  for (const n of [1, 2, 3])
    made.tell(`image-${imageId(n)}`, { type: 'ImageRegistered', data: registration() }, at(0))
  /** What happens to an image, each at its second. */
  const happens = (n: number, ...events: readonly (readonly [second: number, event: ImageEvent])[]): void => {
    for (const [second, event] of events) made.tell(`image-${imageId(n)}`, event, at(second))
  }
  return { ...made, happens }
}

const after = (row: ShareRow | undefined, other: 'project' | 'image') =>
  row === undefined ? null : { offeredAt: row.offered_at, other: row[other] }

describe('A share', () => {
  const pending = {
    image: imageId(1),
    project: 'lab',
    status: 'PENDING',
    message: 'Take it.',
    offered_at: at(1),
    expires_at: inMay,
    decided_at: null,
  }
  const offered = shared(lab, 'Take it.')

  test.each<[string, readonly ImageEvent[], object]>([
    ['is there from the offer on, with its terms', [offered], pending],
    [
      'is accepted, and keeps its terms',
      [offered, accepted(lab)],
      { ...pending, status: 'ACCEPTED', decided_at: at(2) },
    ],
    [
      'is rejected, and expires still',
      [offered, rejected(lab)],
      { ...pending, status: 'REJECTED', decided_at: at(2) },
    ],
    [
      'is given back after it was accepted, and does not expire any more',
      [offered, accepted(lab), rejected(lab)],
      { ...pending, status: 'REJECTED', expires_at: null, decided_at: at(3) },
    ],
    [
      'is accepted after it was rejected',
      [offered, rejected(lab), accepted(lab)],
      { ...pending, status: 'ACCEPTED', decided_at: at(3) },
    ],
    [
      'is accepted again after it was given back',
      [offered, accepted(lab), rejected(lab), accepted(lab)],
      { ...pending, status: 'ACCEPTED', expires_at: null, decided_at: at(4) },
    ],
    ['expires', [offered, expired(lab)], { ...pending, status: 'EXPIRED', decided_at: at(2) }],
    [
      'is revoked',
      [offered, accepted(lab), revoked(lab)],
      { ...pending, status: 'REVOKED', decided_at: at(3) },
    ],
    [
      'is offered anew on other terms, as if it never was offered',
      [
        offered,
        accepted(lab),
        revoked(lab),
        { type: 'ImageShared', data: { project: lab, message: null, expiresAt: null } },
      ],
      { ...pending, message: null, offered_at: at(4), expires_at: null },
    ],
    [
      'is nobody else’s',
      [offered, shared(ops), revoked(ops), shared(shop), accepted(shop), rejected(shop)],
      pending,
    ],
  ])('%s', (_, events, expected) => {
    const { catalog, happens } = world()
    happens(1, ...events.map((event, index) => [index + 1, event] as const))
    const [row] = catalog.sharesByKey([shareKey(imageId(1), lab)])
    const { seen_last: seen, ...rest } = row ?? {}
    expect(rest).toStrictEqual(expected)
  })

  test('keeps the image as whoever rejected it, or let the offer end, saw it last', () => {
    const described = (description: string): ImageEvent => ({
      type: 'ImageDescribed',
      data: { changes: { description } },
    })
    const { catalog, happens } = world()
    const seen = () => {
      const [row] = catalog.sharesByKey([shareKey(imageId(1), lab)])
      return row === null || row === undefined ? null : (seenLastOf(row)?.description ?? null)
    }
    happens(1, [1, described('offered')], [2, offered])
    expect(seen()).toBe(null)
    happens(1, [3, rejected(lab)], [4, described('after')])
    expect(seen()).toBe('offered')
    happens(1, [5, expired(lab)], [6, described('long after')])
    expect(seen()).toBe('offered')
    const [row] = catalog.sharesByKey([shareKey(imageId(1), lab)])
    const [image] = catalog.imagesById([imageId(1)])
    expect(Object.keys(row ? (seenLastOf(row) ?? {}) : {})).toStrictEqual(Object.keys(image ?? {}))
    happens(1, [7, revoked(lab)])
    expect(seen()).toBe(null)
  })

  test('is of one image: another that is shared with the same project has its own', () => {
    const { catalog, happens } = world()
    happens(1, [1, shared(lab)], [2, accepted(lab)])
    happens(2, [3, shared(lab)], [4, revoked(lab)])
    const keys = [2, 1, 3].map((n) => shareKey(imageId(n), lab))
    expect(catalog.sharesByKey(keys).map((row) => row?.status ?? null)).toStrictEqual([
      'REVOKED',
      'ACCEPTED',
      null,
    ])
  })

  test('is none by the key of nothing, and not needed for an answer', () => {
    const { catalog } = world()
    const keys = [shareKey(imageId(1), lab), shareKey(imageId(9), lab), '/' as ShareKey, 'x/' as ShareKey]
    expect(catalog.sharesByKey(keys)).toStrictEqual([null, null, null, null])
    expect(catalog.sharesByKey([])).toStrictEqual([])
  })
})

describe('The shares of an image', () => {
  const shares = () => {
    const made = world()
    made.happens(1, [1, shared(shop)], [2, shared(lab)], [2, shared(ops)], [3, accepted(lab)])
    made.happens(1, [4, shared(web)], [5, revoked(web)])
    made.happens(2, [1, shared(lab)])
    return made
  }

  test('come in the order of the offers, those of one moment by project, without those that were revoked', () => {
    const { catalog } = shares()
    const found = catalog.sharesOf(imageId(1), null, { size: 10, after: null })
    expect(found.map(({ project, status }) => `${project} ${status}`)).toStrictEqual([
      'shop PENDING',
      'lab ACCEPTED',
      'ops PENDING',
    ])
    expect(catalog.sharesOf(imageId(3), null, { size: 10, after: null })).toStrictEqual([])
  })

  test('come page by page, each share once', () => {
    const { catalog } = shares()
    for (const size of [1, 2, 3]) {
      const seen: string[] = []
      for (let last: ShareRow | undefined, first = true; first || last !== undefined; first = false) {
        const rows = catalog.sharesOf(imageId(1), null, { size, after: after(last, 'project') })
        expect(rows.length).toBeLessThanOrEqual(size)
        seen.push(...rows.map(({ project }) => project))
        last = rows.at(-1)
      }
      expect(seen).toStrictEqual(['shop', 'lab', 'ops'])
    }
  })

  test('are only those of the projects and accounts that are asked for', () => {
    const { catalog } = shares()
    const of = (projects: readonly ProjectId[], accounts: readonly (typeof acme)[]) =>
      catalog
        .sharesOf(imageId(1), { projects, accounts }, { size: 10, after: null })
        .map(({ project }) => project)
    expect(of([], [])).toStrictEqual([])
    expect(of([lab], [])).toStrictEqual(['lab'])
    expect(of([web, ops], [])).toStrictEqual(['ops'])
    expect(of([], [globex])).toStrictEqual(['shop', 'lab'])
    expect(of([ops, lab], [globex])).toStrictEqual(['shop', 'lab', 'ops'])
    const size = { size: 1, after: { offeredAt: at(1), other: 'shop' } }
    expect(
      catalog.sharesOf(imageId(1), { projects: [], accounts: [globex] }, size).map(({ project }) => project),
    ).toStrictEqual(['lab'])
  })

  test('are counted by their status', () => {
    const { catalog, happens } = shares()
    happens(1, [6, rejected(ops)])
    expect(Object.fromEntries(catalog.shareCounts(imageId(1)))).toStrictEqual({
      PENDING: 1,
      ACCEPTED: 1,
      REJECTED: 1,
      REVOKED: 1,
    })
    expect(catalog.shareCounts(imageId(3)).size).toBe(0)
  })

  test('are offers that access goes by, those that are over too', () => {
    const { catalog } = shares()
    const offers = catalog.offersOf(imageId(1)).map(({ project, status }) => `${project} ${status}`)
    expect([...offers].sort()).toStrictEqual(['lab ACCEPTED', 'ops PENDING', 'shop PENDING', 'web REVOKED'])
    expect(catalog.offersOf(imageId(3))).toStrictEqual([])
  })

  test('are gone once it is deleted, and those of others are not', () => {
    const { catalog, happens } = shares()
    const requested = { deleteAt: inMay, scheduled: false }
    happens(1, [6, { type: 'ImageDeletionRequested', data: requested }])
    expect(catalog.offersOf(imageId(1))).toHaveLength(4)
    happens(1, [7, deleted])
    expect(catalog.offersOf(imageId(1))).toStrictEqual([])
    expect(catalog.sharesOf(imageId(1), null, { size: 10, after: null })).toStrictEqual([])
    expect(catalog.shareCounts(imageId(1)).size).toBe(0)
    expect(catalog.sharesByKey([shareKey(imageId(1), lab)])).toStrictEqual([null])
    expect(catalog.inbox(lab, ['PENDING', 'ACCEPTED'], { size: 10, after: null })).toHaveLength(1)
    expect(catalog.pendingOffersTo(shop)).toBe(0)
    expect(catalog.pendingOffersTo(lab)).toBe(1)
  })
})

describe('The inbox of a project', () => {
  const offers = () => {
    const made = world()
    made.happens(2, [1, shared(lab)])
    made.happens(1, [2, shared(lab)], [2, shared(shop)])
    made.happens(3, [2, shared(lab)], [3, accepted(lab)])
    return made
  }
  const numbers = (rows: readonly { readonly image: ImageId }[]) =>
    rows.map(({ image }) => Number(image.slice(-12)))

  test('has offers in the statuses that are asked for, the newest first', () => {
    const { catalog } = offers()
    const inbox = (...statuses: readonly ShareRow['status'][]) =>
      numbers(catalog.inbox(lab, statuses, { size: 10, after: null }))
    expect(inbox('PENDING')).toStrictEqual([1, 2])
    expect(inbox('ACCEPTED', 'PENDING')).toStrictEqual([3, 1, 2])
    expect(inbox('REJECTED')).toStrictEqual([])
    expect(inbox()).toStrictEqual([])
    expect(numbers(catalog.inbox(shop, ['PENDING'], { size: 10, after: null }))).toStrictEqual([1])
    expect(catalog.inbox('gone' as ProjectId, ['PENDING'], { size: 10, after: null })).toStrictEqual([])
  })

  test('comes page by page, each offer once', () => {
    const { catalog } = offers()
    for (const size of [1, 2, 3]) {
      const seen: number[] = []
      for (let last: ShareRow | undefined, first = true; first || last !== undefined; first = false) {
        const rows = catalog.inbox(lab, ['PENDING', 'ACCEPTED'], { size, after: after(last, 'image') })
        expect(rows.length).toBeLessThanOrEqual(size)
        seen.push(...numbers(rows))
        last = rows.at(-1)
      }
      expect(seen).toStrictEqual([3, 1, 2])
    }
  })

  test('holds as many offers to answer as were neither answered nor taken back', () => {
    const { catalog, happens } = offers()
    expect([lab, shop, web].map(catalog.pendingOffersTo)).toStrictEqual([2, 1, 0])
    happens(1, [4, rejected(lab)], [4, expired(shop)])
    expect([lab, shop].map(catalog.pendingOffersTo)).toStrictEqual([1, 0])
    happens(2, [5, revoked(lab)])
    expect(catalog.pendingOffersTo(lab)).toBe(0)
    // Whether there is such a project or not.
    happens(1, [6, shared('gone' as ProjectId)])
    expect(catalog.pendingOffersTo('gone' as ProjectId)).toBe(1)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { factsOf as factsFrom } from '../../../src/application/reach.ts'
import { may } from '../../../src/domain/access/access.ts'
import { type Candidate, unfitReplacement } from '../../../src/domain/access/replacement.ts'
import { imageAggregate, isRegistered } from '../../../src/domain/image/state.ts'
import { accountIn, somebody, type World, worlds } from '../../support/access-worlds.ts'
import { acme, globex, imageId, lab, ops, web } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import { factsOf, ghost, shop } from './people.ts'

const deprecation = {
  stage: 'DEPRECATED',
  replacement: null,
  reason: null,
  obsoleteAt: null,
  deleteAt: null,
  deletionPrevented: false,
} as const

/** Image 2 of project web, with its bytes. */
const candidate = (changes: Partial<Candidate> = {}): Candidate => ({
  id: imageId(2),
  status: 'AVAILABLE',
  deactivated: false,
  deprecation: null,
  facts: factsOf(),
  ...changes,
})

/** Why it cannot take the place of image 1, which has these facts. */
const unfit = (facts: Parameters<typeof factsOf>[0], by: Partial<Candidate>) =>
  unfitReplacement({ id: imageId(1), facts: factsOf(facts) }, candidate(by))

const accepted = (...projects: readonly (typeof web)[]) =>
  projects.map((project) => ({ project, status: 'ACCEPTED' as const }))
const promoted = { owner: { account: acme, project: null } }
const everyone = 'must be usable by everyone who uses this image'

describe('A replacement', () => {
  test('is another image, AVAILABLE, with its bytes and not retired', () => {
    expect(unfit({}, {})).toBeNull()
  })

  test('is not the image itself', () => {
    expect(unfit({}, { id: imageId(1) })).toBe('must be another image: this is the one that is deprecated')
  })

  test.each(['CREATING', 'ERROR', 'DELETING', 'DELETED'] as const)('is not one that is %s', (status) => {
    expect(unfit({}, { status })).toBe(`must be AVAILABLE: image ${imageId(2)} is ${status}`)
  })

  test('is not one whose bytes are withheld', () => {
    expect(unfit({}, { deactivated: true })).toBe(`must have its bytes: image ${imageId(2)} is deactivated`)
  })

  test.each(['DEPRECATED', 'OBSOLETE'] as const)('is not one that is %s itself', (stage) => {
    expect(unfit({}, { deprecation: { ...deprecation, stage } })).toBe(
      `must not be retired itself: image ${imageId(2)} is ${stage}`,
    )
  })

  test('is told the first of the reasons: itself, status, bytes, retired, then whom it does not serve', () => {
    const foreign = factsOf({ owner: { account: globex, project: lab } })
    const unserving = { facts: foreign }
    const retired = { ...unserving, deprecation }
    const withheld = { ...retired, deactivated: true }
    const missing = { ...withheld, status: 'ERROR' } as const
    expect(unfit({}, { ...missing, id: imageId(1) })).toContain('must be another image')
    expect(unfit({}, missing)).toContain('must be AVAILABLE')
    expect(unfit({}, withheld)).toContain('must have its bytes')
    expect(unfit({}, retired)).toContain('must not be retired itself')
    expect(unfit({}, unserving)).toContain(everyone)
  })
})

describe('Whoever uses an image', () => {
  test.each(['COMMUNITY', 'PUBLIC'] as const)(
    'is served by one that is %s, whoever they are',
    (visibility) => {
      const facts = factsOf({ owner: { account: globex, project: lab }, visibility })
      expect(unfit({ offers: accepted(ops, shop) }, { facts })).toBeNull()
      expect(unfit(promoted, { facts })).toBeNull()
      expect(unfit({ visibility: 'PUBLIC' }, { facts })).toBeNull()
      expect(unfit({ visibility: 'COMMUNITY' }, { facts })).toBeNull()
    },
  )

  test.each(['COMMUNITY', 'PUBLIC'] as const)('because it is %s is served by no other', (visibility) => {
    const others = `${everyone}: this image is ${visibility}, and others cannot use it`
    expect(unfit({ visibility }, {})).toBe(others)
    expect(unfit({ visibility }, { facts: factsOf(promoted) })).toBe(others)
  })

  test('as the project that owns it is served by what that project may use', () => {
    expect(unfit({}, { facts: factsOf(promoted) })).toBeNull()
    const ofLab = { owner: { account: globex, project: lab } }
    expect(unfit({}, { facts: factsOf({ ...ofLab, offers: accepted(web) }) })).toBeNull()
    const webCannot = `${everyone}: project "web" cannot use it`
    expect(unfit({}, { facts: factsOf({ owner: { account: acme, project: ops } }) })).toBe(webCannot)
    for (const status of ['PENDING', 'REJECTED', 'EXPIRED', 'REVOKED'] as const)
      expect(unfit({}, { facts: factsOf({ ...ofLab, offers: [{ project: web, status }] }) })).toBe(webCannot)
  })

  test('as the account that it was promoted to is served by what was promoted there too', () => {
    const accountCannot = `${everyone}: the account cannot use it`
    expect(unfit(promoted, { facts: factsOf(promoted) })).toBeNull()
    expect(unfit(promoted, {})).toBe(accountCannot)
    expect(unfit(promoted, { facts: factsOf({ offers: accepted(ops) }) })).toBe(accountCannot)
    const elsewhere = factsOf({ owner: { account: globex, project: null } })
    expect(unfit(promoted, { facts: elsewhere })).toBe(accountCannot)
  })

  test('as one that accepted it is served where it accepted that too, or owns it, or its account does', () => {
    const toLab = { offers: accepted(lab) }
    const labCannot = `${everyone}: project "lab" cannot use it`
    expect(unfit(toLab, {})).toBe(labCannot)
    expect(unfit(toLab, { facts: factsOf({ offers: [{ project: lab, status: 'PENDING' }] }) })).toBe(
      labCannot,
    )
    expect(unfit(toLab, { facts: factsOf(toLab) })).toBeNull()
    const ofLab = { owner: { account: globex, project: lab }, offers: accepted(web) }
    expect(unfit(toLab, { facts: factsOf(ofLab) })).toBeNull()
    const ofGlobex = { owner: { account: globex, project: null }, offers: accepted(web) }
    expect(unfit(toLab, { facts: factsOf(ofGlobex) })).toBeNull()
    expect(unfit({ offers: accepted(ops) }, { facts: factsOf(promoted) })).toBeNull()
  })

  test('as the first of those that it does not serve is named, the owner before those that accepted', () => {
    const offers = accepted(lab, shop)
    expect(unfit({ offers }, { facts: factsOf({ owner: { account: acme, project: ops } }) })).toContain(
      '"web"',
    )
    expect(unfit({ offers }, { facts: factsOf({ offers: accepted(lab) }) })).toContain('"shop"')
    expect(unfit({ offers: accepted(ghost) }, { facts: factsOf({ offers: accepted(ghost) }) })).toContain(
      '"ghost"',
    )
  })

  test.each(['PENDING', 'REJECTED', 'EXPIRED', 'REVOKED'] as const)('is none whose offer is %s', (status) => {
    expect(unfit({ offers: [{ project: lab, status }] }, {})).toBeNull()
  })
})

/** Each image as a candidate to replace any other. */
const candidatesOf = (world: World): readonly Candidate[] =>
  world.images.map(({ id, events }) => {
    const state = events.reduce(imageAggregate.evolve, imageAggregate.initial)
    if (!isRegistered(state)) throw new Error(`There is no image ${id}`)
    const facts = factsFrom(state, { accountOf: accountIn(world) })
    // As if all were there, so that it depends on access alone.
    return candidate({ id, facts: { ...facts, deleted: false } })
  })

test('Where a replacement is fit, whoever may use the image may use it', () => {
  fc.assert(
    fc.property(worlds, fc.array(somebody, { minLength: 4, maxLength: 4 }), (world, people) => {
      const candidates = candidatesOf(world)
      for (const image of candidates)
        for (const other of candidates.filter((each) => unfitReplacement(image, each) === null))
          for (const who of people)
            for (const action of ['listImage', 'downloadImage'] as const)
              if (may(who, action, { kind: 'image', id: image.id, facts: image.facts }))
                expect(may(who, action, { kind: 'image', id: other.id, facts: other.facts })).toBe(true)
    }),
    { numRuns: testSize(150, 3_000) },
  )
})

import { describe, expect, test } from 'vitest'
import {
  type AccessRule,
  accessRules,
  explainUse,
  sentenceOf,
  type UsedImage,
} from '../../../src/domain/access/explain.ts'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import { acme, lab, ops, web } from '../../support/samples.ts'
import { factsOf, ghost } from './people.ts'

/** An image of project web with its bytes. */
const image = (
  facts: Parameters<typeof factsOf>[0] = {},
  changes: Partial<Omit<UsedImage, 'facts'>> = {},
): UsedImage => ({ facts: factsOf(facts), status: 'AVAILABLE', deactivated: false, stage: null, ...changes })

const promoted = { owner: { account: acme, project: null } }
const toLab = (status: 'PENDING' | 'ACCEPTED' | 'REJECTED' | 'EXPIRED' | 'REVOKED') => ({
  offers: [{ project: lab, status }],
})

const yes = (rule: AccessRule) => ({ allowed: true, rule })
const no = (rule: AccessRule) => ({ allowed: false, rule })

describe('A project may use an image', () => {
  test.each<[string, ProjectId, UsedImage, AccessRule]>([
    ['that it owns', web, image(), 'OWNER'],
    ['that was promoted to its account', ops, image(promoted), 'ACCOUNT'],
    ['that it accepted', lab, image(toLab('ACCEPTED')), 'SHARE_ACCEPTED'],
    ['that is public', lab, image({ visibility: 'PUBLIC' }), 'PUBLIC'],
    ['that is offered to all as is', lab, image({ visibility: 'COMMUNITY' }), 'COMMUNITY'],
  ])('%s', (_, project, used, rule) => {
    expect(explainUse(project, used)).toStrictEqual(yes(rule))
  })

  test('by the first rule of owner, account, accepted, and everybody', () => {
    const toOps = [{ project: ops, status: 'ACCEPTED' as const }]
    expect(explainUse(web, image({ visibility: 'PUBLIC' }))).toStrictEqual(yes('OWNER'))
    expect(explainUse(ops, image({ ...promoted, offers: toOps }))).toStrictEqual(yes('ACCOUNT'))
    expect(explainUse(lab, image({ ...toLab('ACCEPTED'), visibility: 'PUBLIC' }))).toStrictEqual(
      yes('SHARE_ACCEPTED'),
    )
  })

  test('that is DEPRECATED: that hides it from lists alone', () => {
    expect(explainUse(lab, image(toLab('ACCEPTED'), { stage: 'DEPRECATED' }))).toStrictEqual(
      yes('SHARE_ACCEPTED'),
    )
  })
})

describe('A project may not use an image', () => {
  test.each<[string, UsedImage, AccessRule]>([
    ['that was never offered to it', image(), 'NOT_SHARED'],
    ['that was promoted to another account', image(promoted), 'NOT_SHARED'],
    ['that was offered to another', image({ offers: [{ project: ops, status: 'PENDING' }] }), 'NOT_SHARED'],
    ['whose offer it has not taken up', image(toLab('PENDING')), 'SHARE_PENDING'],
    ['that it rejected', image(toLab('REJECTED')), 'SHARE_REJECTED'],
    ['that it did not accept in time', image(toLab('EXPIRED')), 'SHARE_EXPIRED'],
    ['that is shared with it no more', image(toLab('REVOKED')), 'SHARE_REVOKED'],
  ])('%s', (_, used, rule) => {
    expect(explainUse(lab, used)).toStrictEqual(no(rule))
  })

  test('of another project of its account', () => {
    expect(explainUse(ops, image())).toStrictEqual(no('NOT_SHARED'))
  })

  test('if the ledger does not know the project, whatever was accepted for it', () => {
    expect(explainUse(ghost, image({ visibility: 'PUBLIC' }))).toStrictEqual(no('NOT_SHARED'))
    const offers = [{ project: ghost, status: 'ACCEPTED' as const }]
    expect(explainUse(ghost, image({ offers }))).toStrictEqual(no('NOT_SHARED'))
  })

  test.each(['CREATING', 'ERROR', 'DELETING'] as const)('that is %s', (status) => {
    expect(explainUse(web, image({}, { status }))).toStrictEqual(no('NOT_AVAILABLE'))
  })

  test('that is deactivated, not even its own', () => {
    expect(explainUse(web, image({}, { deactivated: true }))).toStrictEqual(no('DEACTIVATED'))
  })

  test('that is OBSOLETE, unless it owns it', () => {
    const stage = 'OBSOLETE'
    expect(explainUse(lab, image(toLab('ACCEPTED'), { stage }))).toStrictEqual(no('OBSOLETE'))
    expect(explainUse(lab, image({ visibility: 'PUBLIC' }, { stage }))).toStrictEqual(no('OBSOLETE'))
    expect(explainUse(ops, image(promoted, { stage }))).toStrictEqual(no('OBSOLETE'))
    expect(explainUse(web, image({}, { stage }))).toStrictEqual(yes('OWNER'))
  })

  test('for the first reason of deleted, without access, not available, deactivated, obsolete', () => {
    const obsolete = { stage: 'OBSOLETE' } as const
    const withheld = { ...obsolete, deactivated: true }
    const failed = { ...withheld, status: 'ERROR' } as const
    const deleted = { ...withheld, status: 'DELETED' } as const
    const forAll = { visibility: 'PUBLIC' } as const
    expect(explainUse(web, image({ deleted: true }, deleted))).toStrictEqual(no('DELETED'))
    expect(explainUse(lab, image({ deleted: true }, deleted))).toStrictEqual(no('DELETED'))
    expect(explainUse(lab, image({}, failed))).toStrictEqual(no('NOT_SHARED'))
    expect(explainUse(lab, image(toLab('PENDING'), failed))).toStrictEqual(no('SHARE_PENDING'))
    expect(explainUse(lab, image(forAll, failed))).toStrictEqual(no('NOT_AVAILABLE'))
    expect(explainUse(lab, image(forAll, withheld))).toStrictEqual(no('DEACTIVATED'))
    expect(explainUse(lab, image(forAll, obsolete))).toStrictEqual(no('OBSOLETE'))
  })
})

test('Every rule has a sentence of its own', () => {
  const sentences = accessRules.map((rule) => sentenceOf[rule])
  expect(new Set(sentences).size).toBe(accessRules.length)
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/)
})

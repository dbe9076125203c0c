import { describe, expect, test } from 'vitest'
import { authorize, may } from '../../../src/domain/access/access.ts'
import type { ImageAction, ImageFacts } from '../../../src/domain/access/image-access.ts'
import type { Principal } from '../../../src/domain/access/principal.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import type { AccountId } from '../../../src/domain/kernel/ids.ts'
import { forbidden, notFound, roles } from '../../../src/domain/kernel/refusal.ts'
import { imageActions } from '../../support/access-oracle.ts'
import { acme, globex, imageId, lab, ops, principal, web } from '../../support/samples.ts'
import { factsOf, ghost, inAccount, inProjects } from './people.ts'

const promoted = { owner: { account: acme, project: null } }
const acceptedByLab = { offers: [{ project: lab, status: 'ACCEPTED' }] } as const

const images = {
  private: factsOf(),
  'pending at lab': factsOf({ offers: [{ project: lab, status: 'PENDING' }] }),
  'accepted by lab': factsOf(acceptedByLab),
  'rejected by lab': factsOf({ offers: [{ project: lab, status: 'REJECTED' }] }),
  'expired at lab': factsOf({ offers: [{ project: lab, status: 'EXPIRED' }] }),
  'revoked from lab': factsOf({ offers: [{ project: lab, status: 'REVOKED' }] }),
  'accepted by ghost': factsOf({ offers: [{ project: ghost, status: 'ACCEPTED' }] }),
  community: factsOf({ visibility: 'COMMUNITY' }),
  public: factsOf({ visibility: 'PUBLIC' }),
  promoted: factsOf(promoted),
  'deleted accepted by lab': factsOf({ deleted: true, ...acceptedByLab }),
  'deleted community': factsOf({ deleted: true, visibility: 'COMMUNITY' }),
  'deleted public': factsOf({ deleted: true, visibility: 'PUBLIC' }),
  'deleted promoted': factsOf({ deleted: true, ...promoted }),
} as const satisfies Record<string, ImageFacts>
type ImageName = keyof typeof images

const ofWeb = Object.entries(images).flatMap(([name, { owner }]) => (owner.project === web ? [name] : []))
const groups: Readonly<Record<string, readonly string[]>> = {
  any: Object.keys(images),
  'any of web': ofWeb,
  everybodys: ['community', 'public'],
}

const asEach = (place: string, somebody: (role: (typeof roles)[number]) => Principal) =>
  Object.fromEntries(roles.map((role) => [`${role.toLowerCase()} of ${place}`, somebody(role)]))

/** Web and ops are projects of acme, lab and shop of globex; the ledger knows no ghost, and initech has no project. */
const people: Readonly<Record<string, Principal>> = {
  operator: principal({ operator: true }),
  ...Object.assign(
    {},
    ...['web', 'ops', 'lab', 'shop', 'ghost'].map((id) => asEach(id, (role) => inProjects({ [id]: role }))),
    ...['acme', 'globex', 'initech'].map((id) => asEach(id, (role) => inAccount(id as AccountId, role))),
  ),
  'member of acme': inAccount(acme, null),
  'member of globex': inAccount(globex, null),
  'role without an account': principal({ accountRole: 'ADMIN' }),
  hypervisor: principal({ hypervisor: 'node-1' }),
  nobody: principal(),
}

/**
 * Who may what (DESIGN, tenancy and access): + may. A letter: sees the image, and is told that it takes a V(iewer),
 * C(ollaborator), A(dmin) or O(perator). A dot: may not, exactly as if the image did not exist; so it is with all for who is not
 * named. The columns are imageActions.
 */
const table = `
                                                                   see        see    change     move
                                                                   | list     its    upload     | publish
                                                                   | | down-  owner's share     | | publish own
                                                                   | | load   side   deprecate  | | | explain
                                                                   | | |      |      deactivate | | | | verify
                                                                   | | |      |      delete     | | | | | report size
  any                : operator                                  : + + +      +      ++++++     + + + + + +
  any                : hypervisor                                : . . .      .      ......     . . . . . +
  any of web         : viewer of web                             : + + C      +      CCCCCC     C O A O O O
  any of web         : collaborator, admin of web                : + + +      +      ++++++     C O A O O O
  any                : viewer of acme                            : + + C      +      CCCCCC     C O A O O O
  any                : collaborator of acme                      : + + +      +      ++++++     + O A O O O
  any                : admin of acme                             : + + +      +      ++++++     + O + O O O
  promoted           : viewer of web, ops                        : + + C      V      CCCCCC     C O A O O O
  promoted           : collaborator, admin of web, ops           : + + +      V      CCCCCC     C O A O O O
  pending at lab     : viewer, collaborator, admin of lab, globex: + V C      V      CCCCCC     C O A O O O
  accepted by lab    : viewer of lab, globex                     : + + C      V      CCCCCC     C O A O O O
  accepted by lab    : collaborator, admin of lab, globex        : + + +      V      CCCCCC     C O A O O O
  everybodys         : viewer of ops, lab, shop                  : + + C      V      CCCCCC     C O A O O O
  everybodys         : collaborator, admin of ops, lab, shop     : + + +      V      CCCCCC     C O A O O O
  everybodys         : viewer of globex, initech                 : + + C      V      CCCCCC     C O A O O O
  everybodys         : collaborator, admin of globex, initech    : + + +      V      CCCCCC     C O A O O O
`
const NOTHING = '.'.repeat(imageActions.length)

/** `viewer, admin of web, ops` are four. */
const each = (who: string): readonly string[] => {
  const [held = '', places] = who.split(' of ')
  if (places === undefined) return [held]
  return held.split(', ').flatMap((role) => places.split(', ').map((place) => `${role} of ${place}`))
}

const rows = table.split('\n').flatMap((line) => {
  const [group, who, answers] = line.split(':').map((cell) => cell.trim())
  if (group === undefined || who === undefined || answers === undefined) return []
  return { images: groups[group] ?? [group], who: each(who), answers: answers.replaceAll(' ', '') }
})

const answersFor = (image: string, person: string): string =>
  rows.find((row) => row.images.includes(image) && row.who.includes(person))?.answers ?? NOTHING

const letters = { MEMBER: 'M', VIEWER: 'V', COLLABORATOR: 'C', ADMIN: 'A', OPERATOR: 'O' } as const

const written = (person: Principal, action: ImageAction, facts: ImageFacts): string => {
  const target = { kind: 'image', id: imageId(1), facts } as const
  const answer = authorize(person, action, target)
  expect(may(person, action, target)).toBe(answer._tag === 'Right')
  if (answer._tag === 'Right') return '+'
  return answer.left.tag === 'NotFound' ? '.' : letters[answer.left.requiredRole]
}

const ask = (who: Principal, action: ImageAction, facts: ImageFacts) =>
  authorize(who, action, { kind: 'image', id: imageId(1), facts })

describe('What somebody may do with an image', () => {
  test.each(Object.keys(images) as ImageName[])('that is %s is what the table has for them', (name) => {
    const answers = Object.entries(people).map(([who, person]) => [
      who,
      imageActions.map((action) => written(person, action, images[name])).join(''),
    ])
    const expected = Object.keys(people).map((who) => [who, answersFor(name, who)])
    expect(Object.fromEntries(answers)).toStrictEqual(Object.fromEntries(expected))
  })

  test('is in the table once for each image and person, and for nobody and nothing else', () => {
    const cells = rows.flatMap((row) =>
      row.images.flatMap((image) => row.who.map((who) => `${image}: ${who}`)),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(rows.flatMap((row) => row.images).filter((image) => !(image in images))).toStrictEqual([])
    expect(rows.flatMap(({ who }) => who).filter((who) => !(who in people))).toStrictEqual([])
    expect(rows).toHaveLength(16)
    expect(rows.map(({ answers }) => answers.length)).toStrictEqual(rows.map(() => imageActions.length))
  })
})

describe('A refusal', () => {
  test('for what is foreign has the words for what is missing', () => {
    expect(ask(inProjects({ lab: 'ADMIN' }), 'deleteImage', images.private)).toStrictEqual(
      left(notFound('image', imageId(1))),
    )
  })

  test.each([
    ['changeImage', 'COLLABORATOR', 'change this image', 'in the project or account that owns it'],
    ['seeOwnersSide', 'VIEWER', 'see what is its owner’s business', 'in the project or account that owns it'],
    ['moveImage', 'COLLABORATOR', 'move this image between its project and its account', 'in its account'],
    ['publishOwnImage', 'ADMIN', 'make this image public or community', 'in its account'],
    ['downloadImage', 'COLLABORATOR', 'download this image', 'in a project that may use it'],
    ['publishImage', 'OPERATOR', 'make this image public or community', undefined],
    ['explainAccess', 'OPERATOR', 'have access explained', undefined],
    ['verifyImage', 'OPERATOR', 'verify the bytes of this image', undefined],
    ['reportSize', 'OPERATOR', 'report the size of an image for a hypervisor', undefined],
  ] as const)(
    'of %s to who sees the image says that it takes %s, and where',
    (action, role, words, where) => {
      expect(ask(inProjects({ lab: 'VIEWER' }), action, images.public)).toStrictEqual(
        left(forbidden(role, words, where)),
      )
    },
  )
})

describe('Of several roles', () => {
  test('in the project and in its account the higher counts', () => {
    const both = (project: 'VIEWER' | 'ADMIN', account: 'VIEWER' | 'ADMIN') =>
      ask(
        { ...inAccount(acme, account), projects: inProjects({ web: project }).projects },
        'changeImage',
        images.private,
      )
    expect(both('VIEWER', 'ADMIN')).toStrictEqual(right(true))
    expect(both('ADMIN', 'VIEWER')).toStrictEqual(right(true))
    expect(both('VIEWER', 'VIEWER')._tag).toBe('Left')
  })

  test('in several recipients that of a recipient that accepted counts', () => {
    const who = inProjects({ lab: 'VIEWER', ops: 'COLLABORATOR' })
    const offered = (labs: 'ACCEPTED' | 'PENDING', ofOps: 'ACCEPTED' | 'PENDING') =>
      factsOf({
        offers: [
          { project: lab, status: labs },
          { project: ops, status: ofOps },
        ],
      })
    expect(ask(who, 'downloadImage', offered('ACCEPTED', 'ACCEPTED'))).toStrictEqual(right(true))
    expect(ask(who, 'downloadImage', offered('PENDING', 'ACCEPTED'))).toStrictEqual(right(true))
    expect(ask(who, 'downloadImage', offered('ACCEPTED', 'PENDING'))._tag).toBe('Left')
  })

  test('a project role holds whatever account the token names', () => {
    const who = { ...inAccount(globex, null), projects: inProjects({ web: 'COLLABORATOR' }).projects }
    expect(ask(who, 'changeImage', images.private)).toStrictEqual(right(true))
    expect(ask(who, 'moveImage', images.private)._tag).toBe('Left')
  })
})

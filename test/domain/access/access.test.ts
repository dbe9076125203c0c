import { describe, expect, test } from 'vitest'
import { type Action, authorize, may, rankOver, type Target } from '../../../src/domain/access/access.ts'
import type { Principal } from '../../../src/domain/access/principal.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import { forbidden, notFound, type Role } from '../../../src/domain/kernel/refusal.ts'
import { acme, globex, imageId, ops, principal, web } from '../../support/samples.ts'

const inProject = (role: Role, project: ProjectId = web) =>
  principal({ account: acme, projects: new Map([[project, role]]) })
const inAccount = (accountRole: Role) => principal({ account: acme, accountRole })

/** Who asks: what they are to project `web` of account `acme`. */
const people = {
  nobody: principal(),
  stranger: principal({ account: globex, accountRole: 'ADMIN', projects: new Map([[ops, 'ADMIN']]) }),
  agent: principal({ hypervisor: 'node-1' }),
  member: principal({ account: acme }),
  'viewer of web': inProject('VIEWER'),
  'collaborator of web': inProject('COLLABORATOR'),
  'admin of web': inProject('ADMIN'),
  'viewer of acme': inAccount('VIEWER'),
  'collaborator of acme': inAccount('COLLABORATOR'),
  'admin of acme': inAccount('ADMIN'),
  operator: principal({ operator: true }),
} as const satisfies Record<string, Principal>

const image: Target = { kind: 'image', id: imageId(1), owner: { account: acme, project: web } }
const promoted: Target = { kind: 'image', id: imageId(2), owner: { account: acme, project: null } }
const project: Target = { kind: 'project', id: web, account: acme }
const account: Target = { kind: 'account', id: acme }
const platform: Target = { kind: 'platform' }

const targets = { image, promoted, project, account, platform }
type TargetName = keyof typeof targets

/**
 * Who may do what to what. A dash: it may not even know that there is such a thing. A role: it may know, and is told that
 * this is the role that it takes.
 */
const table = `
                              nobody  stranger agent   member  | viewer  collab  admin   | viewer  collab  admin   | operator
                                                               | of web                  | of acme                 |
  seeImage          image     -       -        -       -         yes     yes     yes       yes     yes     yes       yes
  changeImage       image     -       -        -       -         COLLAB  yes     yes       COLLAB  yes     yes       yes
  deleteImage       image     -       -        -       -         COLLAB  yes     yes       COLLAB  yes     yes       yes
  uploadImage       image     -       -        -       -         COLLAB  yes     yes       COLLAB  yes     yes       yes
  downloadImage     image     -       -        -       -         COLLAB  yes     yes       COLLAB  yes     yes       yes
  seeImage          promoted  -       -        -       -         -       -       -         yes     yes     yes       yes
  changeImage       promoted  -       -        -       -         -       -       -         COLLAB  yes     yes       yes
  deleteImage       promoted  -       -        -       -         -       -       -         COLLAB  yes     yes       yes
  uploadImage       promoted  -       -        -       -         -       -       -         COLLAB  yes     yes       yes
  downloadImage     promoted  -       -        -       -         -       -       -         COLLAB  yes     yes       yes
  seeProject        project   -       -        -       -         yes     yes     yes       yes     yes     yes       yes
  createImage       project   -       -        -       -         COLLAB  yes     yes       COLLAB  yes     yes       yes
  seeAccount        account   -       -        -       yes       yes     yes     yes       yes     yes     yes       yes
  seeAccountUse     account   -       -        -       VIEWER    VIEWER  VIEWER  VIEWER    yes     yes     yes       yes
  createProject     account   -       -        -       ADMIN     ADMIN   ADMIN   ADMIN     ADMIN   ADMIN   yes       yes
  setImageLimit     account   -       -        -       OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  makeOfficial      platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  chooseProjectId   platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  createAccount     platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  createLocation    platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  configureLocation platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  seeLocation       platform  yes     yes      yes     yes       yes     yes     yes       yes     yes     yes       yes
`
const rows = table
  .split('\n')
  .slice(3, -1)
  .map((line) => line.trim().split(/\s+/))

const short: Readonly<Record<string, string>> = { COLLABORATOR: 'COLLAB', OPERATOR: 'OPER' }

/** How the table writes an answer down. */
const written = (person: Principal, action: Action, target: Target): string => {
  const answer = authorize(person, action, target)
  expect(may(person, action, target)).toBe(answer._tag === 'Right')
  if (answer._tag === 'Right') return 'yes'
  if (answer.left.tag === 'NotFound') return '-'
  return short[answer.left.requiredRole] ?? answer.left.requiredRole
}

describe('Access', () => {
  test.each(rows)('to %s on %s is as the table has it', (action, target, ...expected) => {
    const answers = Object.values(people).map((person) =>
      written(person, action as Action, targets[target as TargetName]),
    )
    expect(answers).toStrictEqual(expected)
  })

  test('is decided for every action on every target it is made for', () => {
    expect(rows).toHaveLength(22)
    expect(new Set(rows.map(([action]) => action)).size).toBe(17)
    expect(rows.filter((row) => row.length !== 2 + Object.keys(people).length)).toStrictEqual([])
  })

  test('is refused in the same words for what is foreign and for what is missing', () => {
    expect(authorize(people.stranger, 'changeImage', image)).toStrictEqual(
      left(notFound('image', imageId(1))),
    )
    expect(authorize(people.nobody, 'seeAccount', account)).toStrictEqual(left(notFound('account', 'acme')))
  })

  test('that takes a higher role is refused with that role', () => {
    expect(authorize(people['viewer of web'], 'deleteImage', image)).toStrictEqual(
      left(forbidden('COLLABORATOR', 'delete this image')),
    )
    expect(authorize(people['admin of acme'], 'setImageLimit', account)).toStrictEqual(
      left(forbidden('OPERATOR', 'set the limit of images')),
    )
  })

  test('is granted with the rank it is granted for', () => {
    expect(authorize(people['admin of web'], 'changeImage', image)).toStrictEqual(right('ADMIN'))
    expect(authorize(people.operator, 'createAccount', platform)).toStrictEqual(right('OPERATOR'))
    expect(authorize(people.nobody, 'seeLocation', platform)).toStrictEqual(right(null))
  })
})

describe('A rank', () => {
  test('is the higher of the role in the project and the role in its account', () => {
    const both = (accountRole: Role, projectRole: Role) =>
      rankOver({ ...inAccount(accountRole), projects: new Map([[web, projectRole]]) }, image)
    expect(both('VIEWER', 'ADMIN')).toBe('ADMIN')
    expect(both('ADMIN', 'VIEWER')).toBe('ADMIN')
    expect(both('COLLABORATOR', 'VIEWER')).toBe('COLLABORATOR')
    expect(both('VIEWER', 'VIEWER')).toBe('VIEWER')
  })

  test('in an account holds for the projects that the ledger says are of the account', () => {
    expect(rankOver(people['admin of acme'], { kind: 'project', id: web, account: globex })).toBeNull()
    expect(rankOver(people['admin of acme'], { kind: 'project', id: ops, account: acme })).toBe('ADMIN')
  })

  test('in a project holds whatever account the token names', () => {
    expect(rankOver({ ...people['viewer of web'], account: globex }, image)).toBe('VIEWER')
  })
})

import { describe, expect, test } from 'vitest'
import { type Action, authorize, may, rankOver, type Target } from '../../../src/domain/access/access.ts'
import type { Principal } from '../../../src/domain/access/principal.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import { forbidden, notFound, type Role } from '../../../src/domain/kernel/refusal.ts'
import { acme, globex, lab, ops, principal, web } from '../../support/samples.ts'
import { ghost } from './people.ts'

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

const project: Target = { kind: 'project', id: web, account: acme }
const account: Target = { kind: 'account', id: acme }
const platform: Target = { kind: 'platform' }
/** An image of lab, of globex, that web was offered. */
const toWeb: Target = {
  kind: 'offer',
  id: 'an image to web',
  project: web,
  account: acme,
  owner: { account: globex, project: lab },
}
/** An image of web, or of acme once promoted, that was offered to lab, of globex. */
const byWeb = { ...toWeb, project: lab, account: globex, owner: { account: acme, project: web } } as const
const byAcme = { ...byWeb, owner: { account: acme, project: null } } as const
/** One offered to a project that the ledger does not know. */
const toGhost = { ...byWeb, project: ghost, account: null } as const

const targets = { project, account, platform, toWeb, byWeb, byAcme, toGhost }
type TargetName = keyof typeof targets

/**
 * Who may do what to what. A dash: it may not even know that there is such a thing. A role: it may know, and is told that
 * this is the role that it takes.
 */
const table = `
                              nobody  stranger agent   member  | viewer  collab  admin   | viewer  collab  admin   | operator
                                                               | of web                  | of acme                 |
  seeProject        project   -       -        -       -         yes     yes     yes       yes     yes     yes       yes
  createImage       project   -       -        -       -         COLLAB  yes     yes       COLLAB  yes     yes       yes
  answerOffer       toWeb     -       COLLAB   -       -         COLLAB  yes     yes       COLLAB  yes     yes       yes
  answerOffer       byWeb     -       yes      -       -         COLLAB  COLLAB  COLLAB    COLLAB  COLLAB  COLLAB    yes
  answerOffer       byAcme    -       yes      -       -         -       -       -         COLLAB  COLLAB  COLLAB    yes
  answerOffer       toGhost   -       -        -       -         COLLAB  COLLAB  COLLAB    COLLAB  COLLAB  COLLAB    yes
  seeAccount        account   -       -        -       yes       yes     yes     yes       yes     yes     yes       yes
  seeAccountUse     account   -       -        -       VIEWER    VIEWER  VIEWER  VIEWER    yes     yes     yes       yes
  publishForAccount account   -       -        -       ADMIN     ADMIN   ADMIN   ADMIN     ADMIN   ADMIN   yes       yes
  createProject     account   -       -        -       ADMIN     ADMIN   ADMIN   ADMIN     ADMIN   ADMIN   yes       yes
  setImageLimit     account   -       -        -       OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  setMayPublish     account   -       -        -       OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  seeUsage          account   -       -        -       VIEWER    VIEWER  VIEWER  VIEWER    yes     yes     yes       yes
  seeProjectUsage   project   -       -        -       -         yes     yes     yes       yes     yes     yes       yes
  setBudget         account   -       -        -       ADMIN     ADMIN   ADMIN   ADMIN     ADMIN   ADMIN   yes       yes
  closePeriod       account   -       -        -       OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  setPrices         platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  makeOfficial      platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
  createPublic      platform  OPER    OPER     OPER    OPER      OPER    OPER    OPER      OPER    OPER    OPER      yes
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
    const every = {
      ...{ seeProject: 1, createImage: 1, answerOffer: 4 },
      ...{ seeAccount: 1, seeAccountUse: 1, publishForAccount: 1, createProject: 1, setImageLimit: 1 },
      ...{ setMayPublish: 1, makeOfficial: 1, createPublic: 1, chooseProjectId: 1, createAccount: 1 },
      ...{ createLocation: 1, configureLocation: 1, seeLocation: 1, setPrices: 1, seeUsage: 1 },
      ...{ seeProjectUsage: 1, setBudget: 1, closePeriod: 1 },
    } satisfies Record<Action, number>
    const counted = Object.groupBy(rows, ([action = '']) => action)
    expect(
      Object.fromEntries(Object.entries(counted).map(([action, of]) => [action, of?.length])),
    ).toStrictEqual(every)
    expect(rows.filter((row) => row.length !== 2 + Object.keys(people).length)).toStrictEqual([])
  })

  test('is refused in the same words for what is foreign and for what is missing', () => {
    expect(authorize(people.stranger, 'createImage', project)).toStrictEqual(left(notFound('project', 'web')))
    expect(authorize(people.nobody, 'seeAccount', account)).toStrictEqual(left(notFound('account', 'acme')))
    expect(authorize(people.nobody, 'answerOffer', toWeb)).toStrictEqual(
      left(notFound('offer', 'an image to web')),
    )
  })

  test('that takes a higher role is refused with that role', () => {
    expect(authorize(people['viewer of web'], 'createImage', project)).toStrictEqual(
      left(forbidden('COLLABORATOR', 'create images in this project')),
    )
    expect(authorize(people['admin of acme'], 'setImageLimit', account)).toStrictEqual(
      left(forbidden('OPERATOR', 'set the limit of images')),
    )
  })

  test('is granted with nothing but a yes', () => {
    expect(authorize(people['admin of web'], 'createImage', project)).toStrictEqual(right(true))
    expect(authorize(people.operator, 'createAccount', platform)).toStrictEqual(right(true))
    expect(authorize(people.nobody, 'seeLocation', platform)).toStrictEqual(right(true))
  })
})

describe('An offer', () => {
  test('within an account is answered by who collaborates in the recipient, not by the project that offers', () => {
    const toOps = { ...byWeb, project: ops, account: acme } as const
    expect(written(people['admin of web'], 'answerOffer', toOps)).toBe('COLLAB')
    expect(written(inProject('COLLABORATOR', ops), 'answerOffer', toOps)).toBe('yes')
    expect(written(people['collaborator of acme'], 'answerOffer', toOps)).toBe('yes')
  })

  test('to a project that the ledger does not know is answered by no token that names it', () => {
    expect(written(inProject('ADMIN', ghost), 'answerOffer', toGhost)).toBe('-')
  })
})

describe('A rank', () => {
  test('is the higher of the role in the project and the role in its account', () => {
    const both = (accountRole: Role, projectRole: Role) =>
      rankOver({ ...inAccount(accountRole), projects: new Map([[web, projectRole]]) }, project)
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
    expect(rankOver({ ...people['viewer of web'], account: globex }, project)).toBe('VIEWER')
  })
})

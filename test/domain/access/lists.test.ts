import { describe, expect, test } from 'vitest'
import {
  imagesOf,
  imagesOfProject,
  type ListedImages,
  type ListScope,
  nothing,
} from '../../../src/domain/access/lists.ts'
import type { Principal } from '../../../src/domain/access/principal.ts'
import { acme, globex, lab, ops, principal, web } from '../../support/samples.ts'
import { accountOf, ghost, inAccount, inProjects } from './people.ts'

// That these sets are what may be listed one by one, and what the catalog gives for them, is a law (test/laws/access.test.ts).

const scope = (own: Partial<ListedImages['own']>, usable: Partial<ListedImages['usable']>): ListedImages => ({
  own: { ...nothing.own, ...own },
  usable: { ...nothing.usable, ...usable },
})

const together = (account: Principal, projects: Principal): Principal => ({
  ...account,
  projects: projects.projects,
})

describe('Without a project', () => {
  test.each<[string, Principal, ListScope]>([
    ['an operator lists everything', principal({ operator: true }), 'EVERYTHING'],
    [
      'an operator lists everything, whatever roles the token names besides',
      { ...inAccount(acme, 'VIEWER'), operator: true },
      'EVERYTHING',
    ],
    ['nobody lists anything', principal(), nothing],
    ['a member of an account without a role lists nothing', inAccount(acme, null), nothing],
    ['a role without an account lists nothing', principal({ accountRole: 'ADMIN' }), nothing],
    ['a hypervisor lists nothing', principal({ hypervisor: 'node-1' }), nothing],
    [
      'a role in a project that the ledger does not know lists nothing',
      inProjects({ ghost: 'ADMIN' }),
      nothing,
    ],
    [
      'a role in the account lists all of it, what its projects accepted, and everybody’s',
      inAccount(acme, 'VIEWER'),
      scope({ accounts: [acme] }, { acceptedIn: [acme], everybodys: true }),
    ],
    [
      'a role in a project lists the project’s, what its account has promoted, what it accepted, and everybody’s',
      inProjects({ web: 'VIEWER' }),
      scope({ projects: [web] }, { promoted: [acme], acceptedBy: [web], everybodys: true }),
    ],
    [
      'roles in projects list those that the ledger knows, and each account once',
      inProjects({ web: 'VIEWER', ghost: 'ADMIN', ops: 'ADMIN', lab: 'VIEWER' }),
      scope(
        { projects: [web, ops, lab] },
        { promoted: [acme, globex], acceptedBy: [web, ops, lab], everybodys: true },
      ),
    ],
    [
      'a role in the account has its projects in it already, and those of other accounts beside it',
      together(inAccount(acme, 'ADMIN'), inProjects({ web: 'VIEWER', lab: 'VIEWER' })),
      scope(
        { accounts: [acme], projects: [lab] },
        { promoted: [globex], acceptedBy: [lab], acceptedIn: [acme], everybodys: true },
      ),
    ],
    [
      'a member without a role in the account lists by its projects',
      together(inAccount(acme, null), inProjects({ web: 'COLLABORATOR' })),
      scope({ projects: [web] }, { promoted: [acme], acceptedBy: [web], everybodys: true }),
    ],
  ])('%s', (_, who, expected) => {
    expect(imagesOf(who, accountOf)).toStrictEqual(expected)
  })
})

describe('The list of a project', () => {
  const usedByWeb = { acceptedBy: [web], everybodys: true }

  test.each<[string, Principal]>([
    ['in it', inProjects({ web: 'ADMIN' })],
    ['of its account without a role there', together(inAccount(acme, null), inProjects({ web: 'VIEWER' }))],
    ['with a role in another account', together(inAccount(globex, 'ADMIN'), inProjects({ web: 'VIEWER' }))],
  ])('shows to somebody %s what its account has promoted as to any user', (_, who) => {
    expect(imagesOfProject(who, { id: web, account: acme })).toStrictEqual(
      scope({ projects: [web] }, { promoted: [acme], ...usedByWeb }),
    )
  })

  test.each<[string, Principal]>([
    ['an operator', principal({ operator: true })],
    ['somebody with a role in its account', inAccount(acme, 'VIEWER')],
  ])('shows to %s what its account has promoted as to its owner', (_, who) => {
    expect(imagesOfProject(who, { id: web, account: acme })).toStrictEqual(
      scope({ projects: [web], promoted: [acme] }, usedByWeb),
    )
  })

  test('has nothing of the other projects that somebody is in', () => {
    const who = inProjects({ web: 'ADMIN', ops: 'ADMIN', lab: 'ADMIN', [ghost]: 'ADMIN' })
    expect(imagesOfProject(who, { id: lab, account: globex })).toStrictEqual(
      scope({ projects: [lab] }, { promoted: [globex], acceptedBy: [lab], everybodys: true }),
    )
    expect(imagesOfProject(who, { id: ops, account: acme }).own.projects).toStrictEqual([ops])
  })
})

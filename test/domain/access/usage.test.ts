import { describe, expect, test } from 'vitest'
import type { Principal } from '../../../src/domain/access/principal.ts'
import { type UsageAsked, usageShown } from '../../../src/domain/access/usage.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import type { AccountId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import { forbidden, notFound, roles } from '../../../src/domain/kernel/refusal.ts'
import { acme, globex, lab, ops, principal, web } from '../../support/samples.ts'
import { accountOf, ghost, inAccount, inProjects, shop } from './people.ts'

/** Web and ops are projects of acme, lab and shop of globex; initech has none. */
const accounts = ['acme', 'globex', 'initech']
const tenancy = { isAccount: (id: string): id is AccountId => accounts.includes(id), accountOf }

const ask = (who: Principal, account: string, projects: UsageAsked['projects'] = null) =>
  usageShown(who, { account, projects }, tenancy)

const all = (account: AccountId) => right({ account, projects: null })
const only = (account: AccountId, ...projects: readonly ProjectId[]) =>
  right({ account, projects: new Set(projects) })
const noAccount = (id: string) => left(notFound('account', id))
const noProject = (id: string) => left(notFound('project', id))

const operator = principal({ operator: true })
const viewer = inAccount(acme, 'VIEWER')
const ofWeb = inProjects({ web: 'VIEWER' })

describe('The usage of an account is shown', () => {
  test.each(roles)('to whoever has the role %s in it, all of it', (role) => {
    expect(ask(inAccount(acme, role), acme)).toStrictEqual(all(acme))
  })

  test('to operators, all of any account that there is', () => {
    for (const account of [acme, globex, 'initech' as AccountId])
      expect(ask(operator, account)).toStrictEqual(all(account))
  })

  test.each(roles)('to whoever has the role %s in a project of it, as far as the project owns it', (role) => {
    expect(ask(inProjects({ web: role }), acme)).toStrictEqual(only(acme, web))
  })

  test('to whoever is in several projects for those of the account that is asked for', () => {
    const who = inProjects({ web: 'VIEWER', lab: 'ADMIN', ops: 'COLLABORATOR', [ghost]: 'ADMIN' })
    expect(ask(who, acme)).toStrictEqual(only(acme, web, ops))
    expect(ask(who, globex)).toStrictEqual(only(globex, lab))
  })

  test('by project, whichever account the token names', () => {
    const who = { ...inAccount(globex, 'ADMIN'), projects: ofWeb.projects }
    expect(ask(who, acme)).toStrictEqual(only(acme, web))
    expect(ask(who, globex)).toStrictEqual(all(globex))
    expect(ask({ ...ofWeb, account: acme }, acme)).toStrictEqual(only(acme, web))
  })

  test('all of it to who has a role in the account and one in a project of it', () => {
    expect(ask({ ...viewer, projects: ofWeb.projects }, acme)).toStrictEqual(all(acme))
  })
})

describe('The usage of some projects is shown', () => {
  test('as it is asked for, each once', () => {
    expect(ask(viewer, acme, [ops])).toStrictEqual(only(acme, ops))
    expect(ask(operator, acme, [web, ops, web])).toStrictEqual(only(acme, web, ops))
    expect(ask(inProjects({ web: 'VIEWER', ops: 'VIEWER' }), acme, [web])).toStrictEqual(only(acme, web))
  })

  test('as nothing where none is asked for', () => {
    expect(ask(viewer, acme, [])).toStrictEqual(only(acme))
    expect(ask(ofWeb, acme, [])).toStrictEqual(only(acme))
  })

  test('to nobody as those of another account', () => {
    for (const who of [operator, viewer]) {
      expect(ask(who, acme, [lab])).toStrictEqual(noProject('lab'))
      expect(ask(who, acme, [web, shop])).toStrictEqual(noProject('shop'))
    }
    expect(ask(inProjects({ web: 'VIEWER', lab: 'VIEWER' }), acme, [lab])).toStrictEqual(noProject('lab'))
  })

  test('only if there are such projects, whatever the token names', () => {
    for (const id of ['ghost', 'Web', '', '../etc']) {
      expect(ask(operator, acme, [id])).toStrictEqual(noProject(id))
      expect(ask(viewer, acme, [web, id])).toStrictEqual(noProject(id))
    }
    expect(ask(inProjects({ web: 'ADMIN', [ghost]: 'ADMIN' }), acme, [ghost])).toStrictEqual(
      noProject('ghost'),
    )
  })
})

describe('What is foreign is refused in the words for what is missing', () => {
  test.each<[string, Principal]>([
    ['nobody', principal()],
    ['a hypervisor', principal({ hypervisor: 'node-1' })],
    ['a role without an account', principal({ accountRole: 'ADMIN' })],
    ['an admin of another account', inAccount(globex, 'ADMIN')],
    ['an admin of a project of another account', inProjects({ lab: 'ADMIN' })],
    ['an admin of a project that the ledger does not know', inProjects({ [ghost]: 'ADMIN' })],
  ])('to %s', (_, who) => {
    for (const projects of [null, [], [web], [ghost]]) {
      expect(ask(who, acme, projects)).toStrictEqual(noAccount('acme'))
      expect(ask(who, 'nowhere', projects)).toStrictEqual(noAccount('nowhere'))
    }
  })

  test('to who is in one project for another one of the same account', () => {
    expect(ask(ofWeb, acme, [ops])).toStrictEqual(noProject('ops'))
    expect(ask(ofWeb, acme, [ghost])).toStrictEqual(noProject('ghost'))
    expect(ask(ofWeb, acme, [web, ops, ghost])).toStrictEqual(noProject('ops'))
  })

  test('to operators for an account that is not there', () => {
    for (const id of ['nowhere', 'Acme', '', '../etc']) expect(ask(operator, id)).toStrictEqual(noAccount(id))
  })
})

test('A member without a role in its account or a project of it is told the role that it takes', () => {
  const takes = left(forbidden('VIEWER', 'see the usage of the account as a whole'))
  for (const projects of [null, [], [web]]) {
    expect(ask(inAccount(acme, null), acme, projects)).toStrictEqual(takes)
    expect(
      ask({ ...inAccount(acme, null), projects: inProjects({ lab: 'ADMIN' }).projects }, acme, projects),
    ).toStrictEqual(takes)
  }
})

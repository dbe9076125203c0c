import fc from 'fast-check'
import { expect, test } from 'vitest'
import { may } from '../../../src/domain/access/access.ts'
import { type ImageScopeOfLists, imagesOf } from '../../../src/domain/access/lists.ts'
import type { AccountId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import { roles } from '../../../src/domain/kernel/refusal.ts'
import { acme, globex, imageId, ops, principal, web } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'

const accountIds = ['acme', 'globex', 'initech'] as AccountId[]
const projectIds = ['web', 'ops', 'lab', 'shop', 'gone'] as ProjectId[]

/** Whose each project is; a project may not exist. */
const world = fc
  .tuple(...projectIds.map(() => fc.constantFrom(...accountIds, null)))
  .map((accounts) => new Map(projectIds.map((project, index) => [project, accounts[index] ?? null])))

const somebody = fc
  .record({
    operator: fc.boolean(),
    account: fc.constantFrom(...accountIds, null),
    accountRole: fc.constantFrom(...roles, null),
    projects: fc
      .array(fc.tuple(fc.constantFrom(...projectIds), fc.constantFrom(...roles)), { maxLength: 4 })
      .map((entries) => new Map(entries)),
  })
  .map(principal)

const isListed = (scope: ImageScopeOfLists, account: AccountId, project: ProjectId | null): boolean =>
  scope === 'EVERYTHING' ||
  scope.accounts.includes(account) ||
  (project !== null && scope.projects.includes(project))

test('A list shows exactly what each of its images may be seen by itself', () => {
  fc.assert(
    fc.property(world, somebody, (accountOf, who) => {
      const scope = imagesOf(who, (project) => accountOf.get(project) ?? null)
      const images: [AccountId, ProjectId | null][] = [
        ...[...accountOf].flatMap(([project, account]) =>
          account === null ? [] : [[account, project] as [AccountId, ProjectId]],
        ),
        ...accountIds.map((account) => [account, null] as [AccountId, null]),
      ]
      for (const [account, project] of images)
        expect(isListed(scope, account, project)).toBe(
          may(who, 'seeImage', { kind: 'image', id: imageId(1), owner: { account, project } }),
        )
    }),
    { numRuns: testSize(500, 20_000) },
  )
})

test('A list names nothing twice: what belongs to one of its accounts is not among its projects', () => {
  fc.assert(
    fc.property(world, somebody, (accountOf, who) => {
      const scope = imagesOf(who, (project) => accountOf.get(project) ?? null)
      if (scope === 'EVERYTHING') return
      for (const project of scope.projects) {
        const account = accountOf.get(project) ?? null
        expect(account === null || scope.accounts.includes(account)).toBe(false)
      }
    }),
    { numRuns: testSize(200, 5_000) },
  )
})

const accountOf = (project: ProjectId): AccountId | null =>
  project === web ? acme : project === ops ? globex : null

test.each<[string, Parameters<typeof principal>[0], ImageScopeOfLists]>([
  ['An operator lists everything', { operator: true }, 'EVERYTHING'],
  ['Nobody lists nothing', {}, { accounts: [], projects: [] }],
  ['A member without a role lists nothing', { account: acme }, { accounts: [], projects: [] }],
  [
    'A role in the account lists all of it',
    { account: acme, accountRole: 'VIEWER' },
    { accounts: [acme], projects: [] },
  ],
  [
    'Roles in projects list those that exist',
    {
      projects: new Map([
        [web, 'VIEWER'],
        ['gone' as ProjectId, 'ADMIN'],
      ]),
    },
    { accounts: [], projects: [web] },
  ],
  [
    'A role in the account and in a project of another lists both',
    {
      account: acme,
      accountRole: 'ADMIN',
      projects: new Map([
        [web, 'VIEWER'],
        [ops, 'VIEWER'],
      ]),
    },
    { accounts: [acme], projects: [ops] },
  ],
])('%s', (_, who, scope) => {
  expect(imagesOf(principal(who), accountOf)).toStrictEqual(scope)
})

import { expect, test } from 'vitest'
import { projectCreate } from '../../../src/application/use-cases/project-create.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { isUuid } from '../../../src/domain/kernel/ids.ts'
import { forbidden, idempotencyConflict, nameTaken, notFound } from '../../../src/domain/kernel/refusal.ts'
import { projectAggregate } from '../../../src/domain/project/state.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { refusalOf, strangers } from '../../support/library-commands.ts'
import { acme, principal } from '../../support/samples.ts'

const asOperator = callerOf(operator)
const asAdmin = callerOf(principal({ subject: 'adam', account: acme, accountRole: 'ADMIN' }))
const asCollaborator = callerOf(principal({ subject: 'carl', account: acme, accountRole: 'COLLABORATOR' }))

const begin = (app: Application, input: { account: string; [field: string]: unknown }, caller = asAdmin) =>
  projectCreate(app.services)(caller, input)()

test('An admin of the account creates a project under a UUID', async () => {
  await using app = await application()
  const created = await begin(app, { account: 'acme', name: 'Lab' })
  const id = created._tag === 'Right' ? created.right.id : ''
  expect(isUuid(id)).toBe(true)
  expect((await app.services.ledger.load(projectAggregate, id)).state).toStrictEqual({
    exists: true,
    account: 'acme',
  })
})

test('An operator chooses the id of a project, if it is free', async () => {
  await using app = await application()
  expect(await begin(app, { id: 'new', account: 'acme', name: 'New' }, asOperator)).toStrictEqual(
    right({ id: 'new', position: await app.log.head() }),
  )
  expect(
    refusalOf(await begin(app, { id: 'web', account: 'globex', name: 'Web' }, asOperator)),
  ).toStrictEqual(nameTaken('web', 'the platform'))
})

test('Nobody else chooses the id of a project, or creates one', async () => {
  await using app = await application()
  const input = { account: 'acme', name: '' }
  expect(refusalOf(await begin(app, { ...input, id: 'new' }))).toStrictEqual(
    forbidden('OPERATOR', 'choose the id of a project'),
  )
  expect(refusalOf(await begin(app, input, asCollaborator))).toStrictEqual(
    forbidden('ADMIN', 'create projects in this account'),
  )
  expect(refusalOf(await begin(app, input, callerOf(strangers.stranger)))).toStrictEqual(
    notFound('account', 'acme'),
  )
  expect(refusalOf(await begin(app, input))).toMatchObject({ tag: 'InvalidInput' })
})

test('The same idempotencyKey is the same project, with another input a conflict', async () => {
  await using app = await application()
  const input = { account: 'acme', name: 'Lab', idempotencyKey: 'once' }
  const first = await begin(app, input)
  expect(await begin(app, { ...input, id: null })).toStrictEqual(first)
  expect(refusalOf(await begin(app, { ...input, name: 'Other' }))).toStrictEqual(idempotencyConflict())
})

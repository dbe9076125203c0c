import { expect, test } from 'vitest'
import { locationCreate } from '../../../src/application/use-cases/location-create.ts'
import { locationSetImagesEnabled } from '../../../src/application/use-cases/location-set-images-enabled.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { isUuid } from '../../../src/domain/kernel/ids.ts'
import { forbidden, nameTaken, notFound } from '../../../src/domain/kernel/refusal.ts'
import { locationAggregate } from '../../../src/domain/location/state.ts'
import { type Application, application, callerOf, collaborator, operator } from '../../support/application.ts'
import { refusalOf } from '../../support/library-commands.ts'

const asOperator = callerOf(operator)
const asCollaborator = callerOf(collaborator)

const open = (app: Application, input: object, caller = asOperator) =>
  locationCreate(app.services)(caller, input)()
const enable = (app: Application, location: string, enabled: unknown, caller = asOperator) =>
  locationSetImagesEnabled(app.services)(caller, { location, enabled })()
const stateOf = async (app: Application, id: string) =>
  (await app.services.ledger.load(locationAggregate, id)).state

test('An operator creates a location, with images enabled unless said otherwise', async () => {
  await using app = await application()
  expect(await open(app, { id: 'rtm', name: 'Rotterdam' })).toStrictEqual(
    right({ id: 'rtm', position: await app.log.head() }),
  )
  expect(await stateOf(app, 'rtm')).toStrictEqual({ exists: true, imagesEnabled: true })
  const created = await open(app, { name: 'Utrecht', imagesEnabled: false })
  const id = created._tag === 'Right' ? created.right.id : ''
  expect(isUuid(id)).toBe(true)
  expect(await stateOf(app, id)).toStrictEqual({ exists: true, imagesEnabled: false })
})

test('A location under an id that is in use, or by somebody else, is refused', async () => {
  await using app = await application()
  expect(refusalOf(await open(app, { id: 'ams', name: 'Amsterdam' }))).toStrictEqual(
    nameTaken('ams', 'the platform'),
  )
  expect(refusalOf(await open(app, {}, asCollaborator))).toStrictEqual(
    forbidden('OPERATOR', 'create locations'),
  )
  expect(refusalOf(await open(app, { name: '' }))).toMatchObject({ tag: 'InvalidInput' })
})

test('Images are disabled and enabled in a location, and asking for what is so gives no event', async () => {
  await using app = await application()
  const before = await app.log.head()
  for (const enabled of [true, false, false, true]) {
    await enable(app, 'ams', enabled)
    expect(await stateOf(app, 'ams')).toStrictEqual({ exists: true, imagesEnabled: enabled })
  }
  expect(await app.log.readAll({ after: before, limit: 10 })).toHaveLength(2)
})

test('A location that is not there, a caller who may not, and a bad input are refused, in this order', async () => {
  await using app = await application()
  expect(refusalOf(await enable(app, 'gone', 'x', asCollaborator))).toStrictEqual(
    notFound('location', 'gone'),
  )
  expect(refusalOf(await enable(app, 'ams', 'x', asCollaborator))).toStrictEqual(
    forbidden('OPERATOR', 'enable or disable images in a location'),
  )
  expect(refusalOf(await enable(app, 'ams', 'x'))).toMatchObject({ tag: 'InvalidInput' })
})

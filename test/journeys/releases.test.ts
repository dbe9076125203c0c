import { beforeAll, describe, expect, test } from 'vitest'
import { rawDisk } from '../support/images.ts'
import { available, command, register } from '../support/library.ts'
import { seededService, startSeeded, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'

const disk = rawDisk(5_000, 5)

const newestIn = async (
  service: TestService,
  family: string,
  person: Person = 'collaborator',
  project = 'web',
) => {
  const { imageFamily } = await service.graphql<{ imageFamily: { id: string; name: string } | null }>(
    tokens[person],
    'query ($project: ID!, $family: String!) { imageFamily(project: $project, family: $family) { id name } }',
    { project, family },
  )
  return imageFamily?.name ?? null
}

/** Each release in turn, the newest after each, whatever came last. */
const releaseAll = async (service: TestService, names: readonly string[], family: string) => {
  const newest = []
  for (const name of names) {
    await available(service, name, disk)
    newest.push(await newestIn(service, family))
  }
  return newest
}

describe('the newest of a family', () => {
  let service: TestService
  beforeAll(async () => {
    const started = await startSeeded()
    service = started.service
    return started.dispose
  })

  test('goes by the numbers of the releases, not by their letters or the order in which they came', async () => {
    const names = ['ubuntu-24.04-base-v1.9', 'ubuntu-24.04-base-v1.10', 'ubuntu-24.04-base-v1.2']
    expect(await releaseAll(service, names, 'ubuntu-24.04-base')).toStrictEqual([
      names[0],
      names[1],
      names[1],
    ])
  })

  test('goes by date where versions are dates', async () => {
    const make = async (name: string, version: string) => {
      const id = await available(service, name, disk)
      await command(service, tokens.collaborator, 'imageUpdate', { image: id, family: 'nightly', version })
      return newestIn(service, 'nightly')
    }
    expect(await make('first', '20260228')).toBe('first')
    expect(await make('third', '20260301')).toBe('third')
    expect(await make('second', '20260230')).toBe('third')
    expect(await make('dashed', '2026-03-02')).toBe('dashed')
  })

  test('is nothing for a family without images, and for a project that one may not see', async () => {
    expect(await newestIn(service, 'windows')).toBeNull()
    expect(await newestIn(service, 'ubuntu-24.04-base', 'stranger', 'web')).toBeNull()
    expect(await newestIn(service, 'ubuntu-24.04-base', 'stranger', 'elsewhere')).toBeNull()
    expect(await newestIn(service, 'ubuntu-24.04-base', 'otherProject', 'ops')).toBeNull()
  })
})

test('what is not to be used is not the newest: not available, deprecated, deactivated or deleted', async () => {
  const service = await seededService({ DELETE_RECOVERY_HOURS: '1' })
  const family = 'debian-13-base'
  const send = async (mutation: string, image: string, more: object = {}) =>
    expect((await command(service, tokens.collaborator, mutation, { image, ...more })).__typename).toBe(
      'Image',
    )
  const named = (minor: number) => `debian-13-base-v1.${minor}`
  const [old, next, last] = [
    await available(service, named(1), disk),
    await available(service, named(2), disk),
    await available(service, named(3), disk),
  ]
  const newest = () => newestIn(service, family)
  expect(await newest()).toBe(named(3))

  const waiting = await register(service, named(4))
  expect(await newest()).toBe(named(3))
  await service.upload(tokens.collaborator, waiting, disk)
  expect(await newest()).toBe(named(4))

  await send('imageDeprecate', waiting, { replacement: last })
  expect(await newest()).toBe(named(3))
  await send('imageDeactivate', last)
  expect(await newest()).toBe(named(2))
  await send('imageDelete', next)
  expect(await newest()).toBe(named(1))
  await send('imageDeprecate', old)
  expect(await newest()).toBeNull()

  await send('imageRestore', next)
  expect(await newest()).toBe(named(2))
  await send('imageReactivate', last)
  expect(await newest()).toBe(named(3))
  await send('imageUndeprecate', waiting)
  expect(await newest()).toBe(named(4))
})

test('nobody slips a release into the family of others: what is one’s own goes before what is everybody’s', async () => {
  const service = await seededService()
  const family = 'alpine-3-base'
  const make = async (name: string, token: string, project: string, visibility: string) => {
    const input = { project, name, visibility, source: { upload: {} } }
    const { id } = await command(service, tokens.operator, 'imageCreate', input)
    expect((await service.upload(token, id ?? '', disk)).status).toBe(201)
    return id ?? ''
  }
  const inWeb = () => newestIn(service, family)
  await make('alpine-3-base-v9.0', tokens.stranger, 'elsewhere', 'COMMUNITY')
  expect(await inWeb()).toBe('alpine-3-base-v9.0')
  await make('alpine-3-base-v2.0', tokens.operator, 'ops', 'PUBLIC')
  expect(await inWeb()).toBe('alpine-3-base-v2.0')

  const theirs = await make('alpine-3-base-v3.0', tokens.stranger, 'elsewhere', 'PRIVATE')
  const share = { image: theirs, project: 'web' }
  await command(service, tokens.stranger, 'imageShare', share)
  expect(await inWeb()).toBe('alpine-3-base-v2.0')
  await command(service, tokens.collaborator, 'imageShareAccept', share)
  expect(await inWeb()).toBe('alpine-3-base-v3.0')
  await available(service, 'alpine-3-base-v3.1', disk)
  expect(await inWeb()).toBe('alpine-3-base-v3.1')

  const golden = await make('alpine-3-base-v4.0', tokens.operator, 'ops', 'PRIVATE')
  expect(await inWeb()).toBe('alpine-3-base-v3.1')
  await command(service, tokens.accountAdmin, 'imagePromote', { image: golden })
  expect(await inWeb()).toBe('alpine-3-base-v4.0')
  expect(await newestIn(service, family, 'stranger', 'elsewhere')).toBe('alpine-3-base-v9.0')
})

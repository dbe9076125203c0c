import { expect, test } from 'vitest'
import { command, create, type Outcome } from '../support/library.ts'
import { seededService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'

const count = (outcomes: readonly Outcome[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { code = 'OK' } of outcomes) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

const allImages = `query { images(first: 100) { totalCount nodes { id name } } }`

test('of 100 who create an image of one name at once, one does, and the others are told that it is taken', async () => {
  const service = await seededService()
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => create(service, { name: 'debian' })))
  expect(count(outcomes)).toStrictEqual({ OK: 1, NAME_TAKEN: 99 })
  const winner = outcomes.find(({ code }) => code === undefined)
  expect(await service.graphql(tokens.collaborator, allImages)).toStrictEqual({
    images: { totalCount: 1, nodes: [{ id: winner?.id, name: 'debian' }] },
  })
})

test('of 100 who create images at once under a limit of 10, ten do', async () => {
  const service = await seededService()
  await command(service, tokens.operator, 'accountSetImageLimit', { account: 'acme', limit: 10 })
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, n) => create(service, { name: `debian-${n}` })),
  )
  expect(count(outcomes)).toStrictEqual({ OK: 10, IMAGE_LIMIT_REACHED: 90 })
  const { images } = await service.graphql<{ images: { totalCount: number } }>(tokens.collaborator, allImages)
  expect(images.totalCount).toBe(10)
})

test('of 50 images that are renamed to one name at once, one gets it, and the others keep theirs', async () => {
  const service = await seededService()
  const created = await Promise.all(
    Array.from({ length: 50 }, (_, n) => create(service, { name: `debian-${n}` })),
  )
  const outcomes = await Promise.all(
    created.map(({ id }) =>
      command(service, tokens.collaborator, 'imageUpdate', { image: id, name: 'golden' }),
    ),
  )
  expect(count(outcomes)).toStrictEqual({ OK: 1, NAME_TAKEN: 49 })
  const winner = outcomes.find(({ code }) => code === undefined)?.id
  const { images } = await service.graphql<{ images: { nodes: { id: string; name: string }[] } }>(
    tokens.collaborator,
    allImages,
  )
  const names = new Map(images.nodes.map(({ id, name }) => [id, name]))
  expect(names).toStrictEqual(
    new Map(
      images.nodes.map(({ id }) => [
        id,
        id === winner ? 'golden' : created.find((it) => it.id === id)?.['name'],
      ]),
    ),
  )
})

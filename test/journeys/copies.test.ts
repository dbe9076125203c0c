import { beforeAll, describe, expect, test } from 'vitest'
import { rawDisk } from '../support/images.ts'
import { available, command, create } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'

const disk = rawDisk(100_000, 'original')
let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  return started.dispose
})

describe('source.image', () => {
  test('makes an image of its own of the same bytes, which lives on when the original is deleted', async () => {
    const original = await available(service, 'debian-12-base-v1.0', disk)
    const copied = await create(service, { name: 'mine', source: { image: original }, tags: ['mine'] })
    expect(copied).toMatchObject({ __typename: 'Image', name: 'mine', status: 'AVAILABLE' })
    await command(service, tokens.collaborator, 'imageDelete', { image: original })
    const { image } = await service.graphql<{ image: object }>(
      tokens.collaborator,
      `query ($id: ID!) { image(id: $id) { origin os version family tags sizeBytes format history { nodes { type } } } }`,
      { id: copied.id },
    )
    expect(image).toStrictEqual({
      origin: 'COPY',
      os: 'debian',
      version: '12',
      family: 'debian-12-base',
      tags: ['mine'],
      sizeBytes: '100000',
      format: 'RAW',
      history: {
        nodes: ['ImageRegistered', 'ImageContentStored', 'ImageBecameAvailable'].map((type) => ({ type })),
      },
    })
    expect((await service.download(tokens.collaborator, String(copied.id))).body.equals(disk)).toBe(true)
  })

  test('of an image that one may not use is refused as one of an image that is missing', async () => {
    const original = await available(service, 'hidden', disk)
    const refused = await create(
      service,
      { project: 'elsewhere', name: 'stolen', source: { image: original } },
      tokens.stranger,
    )
    const missing = await create(
      service,
      { project: 'elsewhere', name: 'stolen', source: { image: crypto.randomUUID() } },
      tokens.stranger,
    )
    expect(refused.__typename).toBe(missing.__typename)
  })
})

test('blobVerify reads the bytes again, for operators', async () => {
  const image = await available(service, 'precious', rawDisk(50_000, 'precious'))
  const { blobVerify } = await service.graphql<{ blobVerify: object }>(
    tokens.operator,
    `mutation ($image: ID!) { blobVerify(input: { image: $image }) { __typename
      ... on BlobVerification { image { id } sizeBytes } ... on IntegrityError { code message } } }`,
    { image },
  )
  expect(blobVerify).toStrictEqual({
    __typename: 'BlobVerification',
    image: { id: image },
    sizeBytes: '50000',
  })
})

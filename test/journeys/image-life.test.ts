import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { qcow2, rawDisk } from '../support/images.ts'
import { command, create, imageOf, register } from '../support/library.ts'
import { seed, startOn } from '../support/service.ts'
import { stores } from '../support/stores.ts'
import { tempDirectory } from '../support/temp.ts'
import { tokens } from '../support/tokens.ts'
import { hasTools, runTool } from '../support/tools.ts'

const GiB = 1024 ** 3

/** A qcow2 made byte by byte, with data of a guest behind its tables. */
const handMade = (): Buffer => Buffer.concat([qcow2({ virtualSize: 10 * GiB }), rawDisk(3_000_001, 7)])

/** A qcow2 as QEMU writes it, converted from a disk with data. */
const byQemu = async (directory: string): Promise<Buffer> => {
  const [raw, image] = [join(directory, 'disk.raw'), join(directory, 'disk.qcow2')]
  runTool('qemu-img', 'create', '-f', 'raw', raw, '4M')
  runTool('qemu-io', '-f', 'raw', '-c', 'write -P 0xab 0 1M', raw)
  runTool('qemu-img', 'convert', '-O', 'qcow2', raw, image)
  return readFile(image)
}

const hex = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex')

const facts = `id name status statusReason sizeBytes virtualSizeBytes format compression official revision os version family
  digests { algorithm hex } project { id name } account { id } location { id } progress { stage } availableAt deletedAt`

interface Facts {
  readonly digests: { readonly algorithm: string; readonly hex: string }[]
  readonly availableAt: string | null
  readonly deletedAt: string | null
}

const factsOf = async (client: Client, id: string) => {
  const image = await imageOf<Facts>(client, id, facts)
  if (image === null) throw new Error(`Image ${id} is not there`)
  return { ...image, digests: new Map(image.digests.map(({ algorithm, hex }) => [algorithm, hex])) }
}

interface Node {
  readonly revision: number
  readonly type: string
  readonly stream: string
  readonly actor: { readonly id: string; readonly kind: string }
  readonly summary: string
}

const eventsOf = async (client: Client, id: string) => {
  const image = await imageOf<{ history: { nodes: Node[] } }>(
    client,
    id,
    'history { nodes { revision type stream actor { id kind } summary } }',
  )
  return image?.history.nodes ?? []
}

const searched = async (client: Client, search: string): Promise<readonly string[]> => {
  const { images } = await client.graphql<{ images: { nodes: { id: string }[] } }>(
    tokens.viewer,
    'query ($search: String!) { images(filter: { search: $search }) { nodes { id } } }',
    { search },
  )
  return images.nodes.map(({ id }) => id)
}

/** A journey that restarts the service after each leg: what was acknowledged is still there. */
const live = async (bytes: Buffer, virtualSizeBytes: string): Promise<void> => {
  const directory = await tempDirectory()
  let service = await startOn(directory)
  onTestFinished(() => service.stop())
  const restart = async () => {
    await service.stop()
    service = await startOn(directory)
  }
  const blobs = () => stores.blobFiles(directory)
  await seed(service)

  const id = await register(service, 'ubuntu-24.04-base-v1.0')
  const creating = {
    id,
    name: 'ubuntu-24.04-base-v1.0',
    status: 'CREATING',
    statusReason: null,
    sizeBytes: null,
    virtualSizeBytes: null,
    format: null,
    compression: null,
    official: false,
    revision: 0,
    os: 'ubuntu',
    version: '24.04',
    family: 'ubuntu-24.04-base',
    digests: new Map(),
    project: { id: 'web', name: 'Web' },
    account: { id: 'acme' },
    location: { id: 'ams' },
    progress: null,
    availableAt: null,
    deletedAt: null,
  }
  expect(await factsOf(service, id)).toStrictEqual(creating)
  await restart()
  expect(await factsOf(service, id)).toStrictEqual(creating)

  const digests = new Map(['sha256', 'sha512', 'sha1', 'md5'].map((name) => [name, hex(name, bytes)]))
  const sent = await service.upload(tokens.collaborator, id, bytes)
  expect({ status: sent.status, body: JSON.parse(sent.body.toString()) }).toStrictEqual({
    status: 201,
    body: {
      id,
      status: 'AVAILABLE',
      format: 'QCOW2',
      sizeBytes: String(bytes.length),
      virtualSizeBytes,
      digests: Object.fromEntries(digests),
    },
  })
  const { availableAt } = await factsOf(service, id)
  const here = {
    ...creating,
    status: 'AVAILABLE',
    sizeBytes: String(bytes.length),
    virtualSizeBytes,
    format: 'QCOW2',
    compression: 'NONE',
    revision: 2,
    digests,
    availableAt,
  }
  expect(availableAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(await factsOf(service, id)).toStrictEqual(here)
  expect(await blobs()).toHaveLength(1)
  await restart()
  expect(await factsOf(service, id)).toStrictEqual(here)
  expect(await searched(service, 'UBUNTU base')).toStrictEqual([id])

  await command(service, tokens.collaborator, 'imageUpdate', { image: id, name: 'golden', reason: 'It is.' })
  const renamed = { ...here, name: 'golden', revision: 3 }
  expect(await factsOf(service, id)).toStrictEqual(renamed)
  await restart()
  expect(await factsOf(service, id)).toStrictEqual(renamed)
  expect([await searched(service, 'golden'), await searched(service, 'v1.0')]).toStrictEqual([[id], []])

  const download = await service.download(tokens.collaborator, id)
  expect(download.body.equals(bytes)).toBe(true)

  await command(service, tokens.collaborator, 'imageDelete', { image: id })
  const { deletedAt } = await factsOf(service, id)
  expect(deletedAt).not.toBe(null)
  expect(await searched(service, 'golden')).toStrictEqual([])
  expect((await create(service, { name: 'golden' })).__typename).toBe('Image')
  expect((await service.download(tokens.collaborator, id)).status).toBe(409)
  await eventually('the bytes are gone', async () => (await blobs()).length === 0)
  await eventually('it is recorded that they are', async () => (await eventsOf(service, id)).length === 7)
  await restart()
  expect(await factsOf(service, id)).toStrictEqual({ ...renamed, status: 'DELETED', revision: 6, deletedAt })

  const person = { id: 'collaborator', kind: 'USER' }
  const deleteAt = deletedAt
  expect(await eventsOf(service, id)).toStrictEqual(
    [
      ['ImageRegistered', person, 'Image ubuntu-24.04-base-v1.0 was registered in project web.'],
      [
        'ImageContentStored',
        person,
        `${bytes.length} bytes of QCOW2 were stored (sha256 ${hex('sha256', bytes)}).`,
      ],
      ['ImageBecameAvailable', person, 'Became available.'],
      ['ImageRenamed', person, 'Renamed from ubuntu-24.04-base-v1.0 to golden.'],
      ['ImageDeletionRequested', person, `Its deletion was asked for, to be final at ${deleteAt}.`],
      ['ImageDeleted', person, 'Deleted for good.'],
      ['ImageContentRemoved', { id: 'contents', kind: 'SYSTEM' }, 'Its bytes are no longer kept for it.'],
    ].map(([type, actor, summary], revision) => ({ revision, type, stream: `image-${id}`, actor, summary })),
  )
}

test('an image lives from its registration to its end, through restarts, and comes back as it was sent', () =>
  live(handMade(), String(10 * GiB)))

test.skipIf(!hasTools('qemu-img', 'qemu-io'))('so does an image that QEMU made', async () =>
  live(await byQemu(await tempDirectory()), String(4 * 1024 * 1024)),
)

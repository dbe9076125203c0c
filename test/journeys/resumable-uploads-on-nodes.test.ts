import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { imageOf, register } from '../support/library.ts'
import { startProcess } from '../support/process.ts'
import { seed, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { BYTES, beginTus, byTus, offsetOf, tus } from '../support/tus.ts'

// Several nodes over one EventStoreDB and one S3: an upload is none of theirs.

const MiB = 1024 * 1024
const disk = rawDisk(12 * MiB, 3)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let cluster: Cluster
let second: TestService

beforeAll(async () => {
  cluster = await startCluster()
  second = await cluster.node()
  await seed(second)
})

afterAll(() => cluster[Symbol.asyncDispose]())

const headersAt = (offset: number) => ({ 'upload-offset': String(offset), 'content-type': BYTES })

test('an upload that was begun at a node goes on at another when the first was killed', async () => {
  const home = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  const first = await startProcess(home, cluster.environment)
  const image = await register(first, 'begun-elsewhere')
  const path = await beginTus(first, image, disk.length)
  const kept = 4 * MiB
  const answer = await tus(first, 'PATCH', path, headersAt(0), disk.subarray(0, kept))
  expect(answer.status).toBe(204)
  const line = first.open(
    {
      method: 'PATCH',
      path,
      token: tokens.collaborator,
      headers: { 'tus-resumable': '1.0.0', ...headersAt(kept) },
    },
    disk.length - kept,
  )
  await line.send(disk.subarray(kept, 8 * MiB))
  await first.end('SIGKILL')
  await rm(home, { recursive: true, force: true })

  expect(await offsetOf(second, path)).toBe(kept)
  const rest = await tus(second, 'PATCH', path, headersAt(kept), disk.subarray(kept))
  expect([rest.status, rest.headers['upload-offset']]).toStrictEqual([204, String(disk.length)])
  expect(await imageOf(second, image, 'status')).toStrictEqual({ status: 'AVAILABLE' })
  expect(sha256((await second.download(tokens.collaborator, image)).body)).toBe(sha256(disk))
})

/** As a load balancer that knows nothing of uploads: each request comes to another node. */
const startBalancer = async (nodes: readonly Client[]) => {
  let turn = 0
  const balancer = createServer((incoming, answer) => {
    const { method, url = '/', headers } = incoming
    const { url: node = '' } = nodes[turn % nodes.length] ?? {}
    turn += 1
    const onward = request(node + url, { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    incoming.pipe(onward)
  })
  await once(balancer.listen(0, '127.0.0.1'), 'listening')
  const { port } = balancer.address() as AddressInfo
  return {
    client: new Client(`http://127.0.0.1:${port}`),
    turns: () => turn,
    [Symbol.dispose]: () => void balancer.close(),
  }
}

test('each request of a client may come to another node', async () => {
  const third = await cluster.node()
  using balancer = await startBalancer([second, third])
  const image = await register(second, 'from-node-to-node')
  await byTus(balancer.client, image, disk, { chunkSize: MiB })
  expect(balancer.turns()).toBe(1 + 12)
  for (const node of [second, third]) {
    const status = async () => (await imageOf<{ status: string }>(node, image, 'status'))?.status
    await eventually('the image is there', async () => (await status()) === 'AVAILABLE')
  }
  expect(sha256((await third.download(tokens.collaborator, image)).body)).toBe(sha256(disk))
})

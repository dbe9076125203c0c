import { rm, truncate } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { streamOf } from '../../src/application/ledger.ts'
import { imageAggregate } from '../../src/domain/image/state.ts'
import { type HttpAnswer, jsonOf, problemOf } from '../support/client.ts'
import { errorsOf, refused } from '../support/errors.ts'
import { newEvent, someMetadata } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { available, imageOf, mutationText, register } from '../support/library.ts'
import { startProcess } from '../support/process.ts'
import { seed, seededService } from '../support/service.ts'
import { stores } from '../support/stores.ts'
import { tempDirectory } from '../support/temp.ts'
import { tokens } from '../support/tokens.ts'
import { blobsOf, disk, progressOf } from '../support/uploads.ts'

const { collaborator } = tokens

const masked = (answer: HttpAnswer) =>
  `Unexpected error. Ask the operator for request ${answer.headers['x-request-id']}.`

test('where the bytes of an image are lost, the client gets a request id, and the log has the reason under it', async () => {
  const directory = await tempDirectory()
  const service = await startProcess(directory)
  onTestFinished(async () => void (await service.end('SIGKILL')))
  await seed(service)
  const id = await available(service, 'debian', disk)
  for (const blob of await stores.blobFiles(directory)) await rm(blob)
  for (const headers of [{}, { range: 'bytes=0-9' }] as Record<string, string>[]) {
    const answer = await service.download(collaborator, id, headers)
    expect(problemOf(answer)).toStrictEqual([500, 'INTERNAL_SERVER_ERROR', masked(answer)])
    // Nothing of what would have been said of the bytes.
    for (const header of ['etag', 'repr-digest', 'content-range', 'content-disposition'])
      expect(answer.headers[header]).toBe(undefined)
    const requestId = answer.headers['x-request-id']
    await eventually('the log tells of it', () => service.stderr.includes(`"requestId":"${requestId}"`))
    const line = service.stderr.split('\n').find((text) => text.includes(`"requestId":"${requestId}"`))
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 50,
      msg: 'Unexpected error.',
      err: { message: expect.stringMatching(`^The bytes of image ${id} are gone from the store`) },
    })
  }
  expect((await service.http({ path: '/readyz' })).status).toBe(200)
})

test('an upload that breaks off is no error of the service', async () => {
  const directory = await tempDirectory()
  const service = await startProcess(directory)
  onTestFinished(async () => void (await service.end('SIGKILL')))
  await seed(service)
  const id = await register(service, 'debian')
  const upload = service.beginUpload(collaborator, id, disk.length)
  await upload.send(disk.subarray(0, 100_000))
  await eventually('some bytes are taken in', async () => (await progressOf(service, id)) !== null)
  upload.destroy()
  await eventually('the log tells of it', () =>
    service.stderr.includes('The client left before its request was complete.'),
  )
  expect(service.stderr).not.toContain('"level":50')
})

test('bytes that the store has lost a part of are not handed out as if they were whole', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  for (const blob of await blobsOf(service)) await truncate(blob, 5_000)
  expect((await service.download(collaborator, id)).status).toBe(500)
})

test('an unexpected error in GraphQL is masked, and carries the request id of the header', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  service.service.projections.database('catalog').exec('DELETE FROM locations')
  const answer = await service.answer(collaborator, `{ image(id: "${id}") { name location { name } } }`)
  const sentence = `Unexpected error. Ask the operator for request ${answer.headers.get('x-request-id')}.`
  expect([answer.data, errorsOf(answer)]).toStrictEqual([
    { image: null },
    refused(sentence, 'INTERNAL_SERVER_ERROR'),
  ])
  expect(answer.errors[0]?.path).toStrictEqual(['image', 'location'])
})

test('while the log is away nothing can be changed, and what is known is still shown', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  await service.service.log.close()
  const sentence = 'The event log cannot be reached right now: try again later.'
  const input = { project: 'web', name: 'fedora', source: { upload: {} } }
  const answer = await service.answer(collaborator, mutationText('imageCreate'), { input })
  expect([answer.data, errorsOf(answer)]).toStrictEqual([null, refused(sentence, 'STORE_UNAVAILABLE')])
  expect(problemOf(await service.upload(collaborator, id, disk))).toStrictEqual([
    503,
    'STORE_UNAVAILABLE',
    sentence,
  ])
  expect(await imageOf(service, id, 'name status')).toStrictEqual({ name: 'debian', status: 'CREATING' })
})

test('where the catalog cannot go on, what was recorded is said to be, and readiness tells why', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  const stray = crypto.randomUUID()
  const shown = await service.service.log.head()
  const event = newEvent({ from: 'a', name: 'b', claimId: crypto.randomUUID() }, 'ImageRenamed', someMetadata)
  await service.service.log.append(streamOf(imageAggregate, stray), 'NO_STREAM', [event])()
  const position = await service.service.log.head()

  const sentence = 'This is recorded, but cannot be shown yet: read it again later.'
  const input = { project: 'web', name: 'fedora', source: { upload: {} } }
  const answer = await service.answer(collaborator, mutationText('imageCreate'), { input })
  expect([answer.data, errorsOf(answer)]).toStrictEqual([null, refused(sentence, 'STALE_READ')])
  // Whoever sends bytes is told that they are in: that is no question to the catalog.
  expect((await service.upload(collaborator, id, disk)).status).toBe(201)
  expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)

  const ready = await service.http({ path: '/readyz' })
  const since = expect.stringMatching(/^\d{4}-.*Z$/)
  const head = String(await service.service.log.head())
  expect([ready.status, jsonOf(ready)]).toStrictEqual([
    503,
    {
      status: 'not ready',
      staleSince: since,
      projections: [
        {
          name: 'catalog',
          state: 'STOPPED',
          position: String(shown),
          head,
          progress: Number(shown) / Number(head),
          staleSince: since,
          reason: `ImageRenamed at position ${position}, revision 0 of image-${stray}, cannot be applied: Image ${stray} is not in the catalog`,
        },
        {
          name: 'billing',
          state: 'STOPPED',
          position: String(shown),
          head,
          progress: Number(shown) / Number(head),
          staleSince: since,
          reason: `ImageRenamed at position ${position}, revision 0 of image-${stray}, cannot be applied: Image ${stray} was never registered`,
        },
        {
          name: 'to-do',
          state: 'LIVE',
          position: head,
          head,
          progress: 1,
        },
      ],
    },
  ])
})

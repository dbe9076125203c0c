import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { available, imageOf, register } from '../support/library.ts'
import { listen } from '../support/listening.ts'
import { startProcess } from '../support/process.ts'
import { seed } from '../support/service.ts'
import { tempDirectory } from '../support/temp.ts'
import { tokens } from '../support/tokens.ts'
import { progressOf } from '../support/uploads.ts'

const disk = rawDisk(1_000_000, 1)

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends the service in order, and all is there at its next start',
  async (signal) => {
    const directory = await tempDirectory()
    const first = await startProcess(directory)
    onTestFinished(async () => void (await first.end('SIGKILL')))
    await seed(first)
    const id = await available(first, 'debian', disk)
    const { code, signal: killedBy } = await first.end(signal)
    expect({ code, killedBy }).toStrictEqual({ code: 0, killedBy: null })

    const second = await startProcess(directory)
    onTestFinished(async () => void (await second.end('SIGKILL')))
    expect(await imageOf(second, id, 'name status revision')).toStrictEqual({
      name: 'debian',
      status: 'AVAILABLE',
      revision: 2,
    })
    expect((await second.download(tokens.collaborator, id)).body.equals(disk)).toBe(true)
  },
)

test('neither an idle line nor an upload that is under way holds the end up, and that can be sent again', async () => {
  const directory = await tempDirectory()
  const first = await startProcess(directory)
  onTestFinished(async () => void (await first.end('SIGKILL')))
  await seed(first)
  const id = await register(first, 'debian')
  const idle = connect(Number(new URL(first.url).port), '127.0.0.1').on('error', () => undefined)
  idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const upload = first.beginUpload(tokens.collaborator, id, disk.length)
  await upload.send(disk.subarray(0, 500_000))
  await eventually('half is taken in', async () => (await progressOf(first, id))?.doneBytes === '500000')
  expect((await first.end('SIGTERM')).code).toBe(0)
  await expect(upload.answer).rejects.toThrow()

  const second = await startProcess(directory)
  onTestFinished(async () => void (await second.end('SIGKILL')))
  expect((await second.upload(tokens.collaborator, id, disk)).status).toBe(201)
})

test('an upload that goes on within the grace is finished, and nothing new is begun', async () => {
  const directory = await tempDirectory()
  const service = await startProcess(directory, { STOP_GRACE_SECONDS: '60' })
  onTestFinished(async () => void (await service.end('SIGKILL')))
  await seed(service)
  const id = await register(service, 'debian')
  const upload = service.beginUpload(tokens.collaborator, id, disk.length)
  await upload.send(disk.subarray(0, 500_000))
  await eventually('half is taken in', async () => (await progressOf(service, id))?.doneBytes === '500000')
  const ended = service.end('SIGTERM')
  await eventually('nobody else is let in', () =>
    fetch(`${service.url}/healthz`).then(
      () => false,
      () => true,
    ),
  )
  await upload.send(disk.subarray(500_000))
  upload.end()
  const { status, headers } = await upload.answer
  // The line would be held open until it is cut.
  expect({ status, connection: headers.connection }).toStrictEqual({ status: 201, connection: 'close' })
  expect((await ended).code).toBe(0)
})

test('those who listen are told that it is over, and do not hold the end up', async () => {
  const service = await startProcess(await tempDirectory())
  onTestFinished(async () => void (await service.end('SIGKILL')))
  await seed(service)
  const id = await register(service, 'debian')
  const query = 'subscription ($id: ID!) { imageChanged(image: $id) { name } }'
  const listening = await listen(service, tokens.collaborator, query, { id })
  expect((await listening.next())?.data).toStrictEqual({ imageChanged: { name: 'debian' } })
  // Without a word of it the line would be cut.
  const [{ code }, rest] = await Promise.all([service.end('SIGTERM'), listening.rest()])
  expect({ code, rest }).toStrictEqual({ code: 0, rest: [] })
})

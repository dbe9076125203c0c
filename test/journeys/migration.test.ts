import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockDirectory } from '../../src/adapters/sqlite/lock.ts'
import {
  closeMonth,
  everythingOf,
  periodsOf,
  placed,
  reportSize,
  sectionOf,
  setPrice,
  whenSealed,
} from '../support/billing-journey.ts'
import { StandInServer } from '../support/eventstoredb/server.ts'
import { eventually } from '../support/eventually.ts'
import { filesIn } from '../support/files.ts'
import { command } from '../support/library.ts'
import { runMigration } from '../support/process.ts'
import { startS3 } from '../support/s3.ts'
import { seed, startOn, successiveServices, type TestService } from '../support/service.ts'
import { eventsStoredIn } from '../support/stored.ts'
import { tempDirectory } from '../support/temp.ts'
import { PROJECT, SECRET, tokens } from '../support/tokens.ts'

const GB = 10n ** 9n

/** Where to move: an EventStoreDB and an S3, for the test that runs. */
const destination = async () => {
  const server = await StandInServer.start()
  const { options, stop } = await startS3(await tempDirectory())
  onTestFinished(async () => {
    server.kill()
    await stop()
  })
  const environment = {
    EVENTSTORE_URL: server.url,
    LINK_SECRET: SECRET,
    S3_ENDPOINT: options.endpoint,
    S3_BUCKET: options.bucket,
    S3_ACCESS_KEY: options.accessKey,
    S3_SECRET_KEY: options.secretKey,
  }
  return { server, environment }
}

const NOW = '2026-03-06T12:30:00Z'

/** An embedded service in March 2026, when February is sealed and something was learned of it since; and two of its images. */
const lived = async () => {
  const start = await successiveServices()
  const at = (clock: string) => start({ CLOCK_START: clock })
  let service = await at('2026-02-10T00:00:00Z')
  await setPrice(service, '0.05', '2026-01-01T00:00:00Z')
  const image = await placed(service, 'debian')
  const gone = await placed(service, 'gone')
  await reportSize(service, image, 100n * GB, '2026-02-10T00:00:00Z', '2026-02-10T00:00:00Z')
  await command(service, tokens.collaborator, 'imageDelete', { image: gone })
  service = await at('2026-03-02T00:00:00Z')
  await closeMonth(service, '2026-02')
  service = await at('2026-03-05T01:00:00Z')
  await whenSealed(service, '2026-02')
  await command(service, tokens.collaborator, 'imageUpdate', { image, name: 'renamed' })
  await reportSize(service, image, 300n * GB, '2026-02-20T00:00:00Z')
  service = await at(NOW)
  return { service, image, gone }
}

const fields = `id name status sizeBytes revision createdAt cost { amount currency }
  history(first: 20) { nodes { id type stream revision schemaVersion occurredAt recordedAt actor { id kind } summary } }`

/** What users see of the library, but for positions, which belong to a log. */
const seenBy = async (service: TestService, image: string, gone: string) => {
  const { images, ...rest } = await service.graphql<Record<string, { nodes: object[] }>>(
    tokens.collaborator,
    `query ($project: ID!, $gone: ID!) { images(project: $project, first: 5) { totalCount nodes { ${fields} } } gone: image(id: $gone) { ${fields} } }`,
    { project: PROJECT, gone },
  )
  const { status, body } = await service.download(tokens.collaborator, image)
  return {
    images,
    rest,
    download: [status, body.toString('base64')],
    february: await everythingOf(service, '2026-02'),
    corrections: (await sectionOf(service, '2026-03')).lines.filter((line) => line.status === 'CORRECTION'),
    periods: (await periodsOf(service)).map(({ position: _, ...period }) => period),
  }
}

/** A node that has read all of its log. */
const ready = async (
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<TestService> => {
  const service = await startOn(directory, { CLOCK_START: NOW, ...environment })
  onTestFinished(() => service.stop())
  await eventually('it is ready', async () => (await service.http({ path: '/readyz' })).status === 200)
  return service
}

test('what an embedded service showed, a node on EventStoreDB and S3 shows after the move', async () => {
  const { service, image, gone } = await lived()
  const { directory } = service
  const before = await seenBy(service, image, gone)
  expect(before.corrections).toHaveLength(1)
  expect(before.periods[0]).toMatchObject({ month: '2026-02', status: 'SEALED' })
  await service.stop()
  const [events, files] = [await eventsStoredIn(directory), await filesIn(join(directory, 'blobs'))]

  const { server, environment } = await destination()
  const moved = await runMigration({ ...environment, DATA_DIR: directory })
  expect(moved).toMatchObject({ code: 0, signal: null })
  // Of the two images of one content one is deleted; the other blob is the statement.
  expect(moved.stdout).toMatch(
    new RegExp(
      `^${events.length} events and 2 blobs \\(\\d+ bytes\\) are in EventStoreDB and S3, and compared\\.\\n$`,
    ),
  )
  expect(moved.stderr).toContain(`0 of ${events.length} events are in the destination already.\n`)
  expect(await eventsStoredIn(directory)).toStrictEqual(events)
  expect(await filesIn(join(directory, 'blobs'))).toStrictEqual(files)

  const again = await runMigration({ ...environment, DATA_DIR: directory })
  expect(again).toMatchObject({ code: 0, stdout: moved.stdout })
  expect(server.log.all).toHaveLength(events.length)

  // A new directory, and the one that was the embedded service's: its read models are those of another log.
  for (const home of [await tempDirectory(), directory]) {
    const node = await ready(home, environment)
    expect(await seenBy(node, image, gone)).toStrictEqual(before)
    const [february] = await periodsOf(node)
    const drawnFrom = server.log.all.find(({ position }) => String(position) === february?.position)
    const drawnBefore = events.find(
      ({ data, type }) => type === 'BillingPeriodSealed' && data['month'] === '2026-02',
    )
    const named = events.find(({ position }) => String(position) === drawnBefore?.data['position'])
    expect(drawnFrom?.id).toBe(named?.id)
    await node.stop()
  }

  const node = await ready(await tempDirectory(), environment)
  await command(node, tokens.collaborator, 'imageUpdate', { image, name: 'lives-on' })
  const late = await runMigration({ ...environment, DATA_DIR: directory })
  expect(late).toMatchObject({ code: 1, stdout: '' })
  expect(late.stderr).toContain('has a service run on it since?')
})

test('what stands in the way is said in one line, and nothing is made', async () => {
  const { environment } = await destination()
  const directory = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  const refused = async (more: Readonly<Record<string, string>>) => {
    const { code, stdout, stderr } = await runMigration({ ...environment, DATA_DIR: directory, ...more })
    expect([code, stdout]).toStrictEqual([1, ''])
    return stderr
  }
  const line = (why: string) => `The migration is not complete: ${why}\n`
  expect(await refused({})).toBe(
    line(`There is no log of an embedded store in DATA_DIR: ${join(directory, 'events.sqlite')}`),
  )
  expect(await filesIn(directory)).toStrictEqual([])
  expect(await refused({ EVENTSTORE_URL: '' })).toBe(
    line('EVENTSTORE_URL: is required: events are moved there, and bytes to S3_ENDPOINT'),
  )
  await writeFile(join(directory, 'events.sqlite'), '')
  const lock = lockDirectory(directory)
  expect(await refused({})).toBe(
    line(
      `The data directory ${directory} is in use by another process: stop that one, or choose another directory.`,
    ),
  )
  lock.release()
  expect(await refused({ EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false' })).toMatch(
    /^The migration is not complete: The event store does not answer .* Run this again: it goes on where it came to\.\n$/,
  )
  expect(await refused({ S3_ENDPOINT: 'http://127.0.0.1:1' })).toMatch(/ECONNREFUSED/)
})

test('bytes that are missing are told of, and the move ends with 1', async () => {
  const service = await startOn(await tempDirectory())
  await seed(service)
  const image = await placed(service, 'debian')
  await service.stop()
  const { directory } = service
  const [file = ''] = await filesIn(join(directory, 'blobs'))
  await writeFile(file, 'not what came')
  const { environment, server } = await destination()
  const { code, stdout, stderr } = await runMigration({ ...environment, DATA_DIR: directory })
  expect([code, stdout, server.log.all]).toStrictEqual([1, '', []])
  expect(stderr).toContain(`(image-${image} at revision 1) has 13 bytes and should have 20000.\n`)
})

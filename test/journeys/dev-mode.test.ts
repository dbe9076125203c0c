import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Client, problemOf } from '../support/client.ts'
import { command } from '../support/library.ts'
import { devProcess, runToEnd, type ServiceProcess } from '../support/process.ts'
import { emptyService } from '../support/service.ts'
import { eventsStoredIn } from '../support/stored.ts'
import { tempDirectory } from '../support/temp.ts'
import { hasTools } from '../support/tools.ts'

const tokenOf = ({ stdout }: ServiceProcess, who: string): string => {
  const token = new RegExp(`^ +${who} +(\\S+)$`, 'm').exec(stdout)?.[1]
  if (token === undefined) throw new Error(`No token of ${who} was printed: ${stdout}`)
  return token
}

const viewerQuery =
  '{ viewer { subject operator account { id name } projects { role project { id name } } } }'
const demoProject = { id: 'demo-project', name: 'Demo project' }

const whoIs = async (service: Client, token: string) =>
  (await service.graphql<{ viewer: unknown }>(token, viewerQuery)).viewer

test('a start without any configuration prints tokens that work, of everybody that a library has to do with', async () => {
  const service = await devProcess(await tempDirectory())
  expect(await whoIs(service, tokenOf(service, 'operator'))).toStrictEqual({
    subject: 'demo-operator',
    operator: true,
    account: null,
    projects: [],
  })
  const member = (subject: string, role: string) => ({
    subject,
    operator: false,
    account: { id: 'demo', name: 'Demo' },
    projects: [{ role, project: demoProject }],
  })
  expect(await whoIs(service, tokenOf(service, 'collaborator'))).toStrictEqual(
    member('demo-collaborator', 'COLLABORATOR'),
  )
  expect(await whoIs(service, tokenOf(service, 'viewer'))).toStrictEqual(member('demo-viewer', 'VIEWER'))
  expect(await whoIs(service, tokenOf(service, 'admin'))).toStrictEqual(member('demo-admin', 'ADMIN'))
  expect(await whoIs(service, tokenOf(service, 'neighbour'))).toStrictEqual({
    subject: 'demo-neighbour',
    operator: false,
    account: { id: 'neighbour', name: 'Neighbour' },
    projects: [{ role: 'COLLABORATOR', project: { id: 'neighbour-project', name: 'Neighbour project' } }],
  })
  const input = { project: 'demo-project', name: 'debian', source: { upload: {} } }
  const create = (who: string) => command(service, tokenOf(service, who), 'imageCreate', input)
  expect((await create('viewer')).__typename).toBe('Forbidden')
  expect((await create('collaborator')).__typename).toBe('Image')
})

test.skipIf(!hasTools('bash', 'curl'))('it prints one line that lists images when it is pasted', async () => {
  const service = await devProcess(await tempDirectory())
  const collaborator = tokenOf(service, 'collaborator')
  const { id } = await command(service, collaborator, 'imageCreate', {
    project: 'demo-project',
    name: 'debian',
    source: { upload: {} },
  })
  const lines = service.stdout.split('\n').filter((line) => line.includes('curl'))
  expect(lines).toHaveLength(1)
  const { stdout } = await promisify(execFile)('bash', ['-c', lines.join('')])
  expect(JSON.parse(stdout).data).toStrictEqual({
    images: { totalCount: 1, nodes: [{ id, name: 'debian', status: 'CREATING' }] },
  })
})

test('the next start keeps the secret to itself, the tokens good and the demo single', async () => {
  const directory = await tempDirectory()
  const first = await devProcess(directory)
  const token = tokenOf(first, 'operator')
  await first.end('SIGTERM')
  const second = await devProcess(directory)
  expect(await whoIs(second, token)).toStrictEqual({
    subject: 'demo-operator',
    operator: true,
    account: null,
    projects: [],
  })
  expect((await stat(join(directory, 'dev-secret'))).mode & 0o777).toBe(0o600)
  await second.end('SIGTERM')
  const events = await eventsStoredIn(directory)
  expect(events.map(({ stream, type }) => `${stream} ${type}`)).toStrictEqual([
    'location-local LocationCreated',
    'account-demo AccountCreated',
    'project-demo-project ProjectCreated',
    'account-neighbour AccountCreated',
    'project-neighbour-project ProjectCreated',
  ])
})

test('in dev mode only this machine is answered, and nothing that was forwarded', async () => {
  const service = await devProcess(await tempDirectory())
  const { host, port } = new URL(service.url)
  const ask = (headers: Record<string, string>) => service.http({ path: '/healthz', headers })
  for (const known of [host, `localhost:${port}`, 'localhost', `[::1]:${port}`, '127.1.2.3'])
    expect((await ask({ host: known })).status).toBe(200)
  for (const headers of [
    { host: 'example.com' },
    { host: `example.com:${port}` },
    { host: '127.0.0.1.example.com' },
    { host: 'localhost.example.com' },
    { host: '10.0.0.1' },
    { host, forwarded: 'for=10.0.0.1' },
    { host, 'x-forwarded-for': '127.0.0.1' },
    { host, 'x-forwarded-host': 'localhost' },
    { host, 'x-forwarded-proto': 'https' },
  ] as Record<string, string>[])
    expect(problemOf(await ask(headers))).toStrictEqual([
      403,
      'FORBIDDEN',
      'In dev mode the service answers this machine only: use 127.0.0.1 or localhost, without a proxy.',
    ])
})

test('browsers are given a page to ask from, but not in production', async () => {
  const page = async (environment: Record<string, string>) => {
    const service = await emptyService(environment)
    const { headers, body } = await service.http({ path: '/graphql', headers: { accept: 'text/html' } })
    return [headers['content-type'], body.includes('<title>image-ledger</title>')]
  }
  expect(await page({})).toStrictEqual(['text/html', true])
  expect((await page({ NODE_ENV: 'production' })).at(1)).toBe(false)
})

describe('a start is refused in one line that says which value is wrong and why', () => {
  const dev = 'AUTH_SECRET: without AUTH_SECRET or AUTH_JWKS_URL the service runs in dev mode, which is '
  test.each([
    ['NODE_ENV', 'production', `${dev}not for production`],
    ['PUBLIC_URL', 'https://images.example.com', `${dev}not for a PUBLIC_URL`],
    ['HOST', '0.0.0.0', `${dev}for a loopback HOST only, not 0.0.0.0`],
    ['HOST', 'images.example.com', `${dev}for a loopback HOST only, not images.example.com`],
    [
      'EVENTSTORE_URL',
      'localhost:2113',
      'EVENTSTORE_URL: must be a connection string such as esdb://user:password@host:2113?tls=true',
    ],
    ['S3_BUCKET', 'images', 'S3_ENDPOINT: is required with the other S3_ variables'],
    ['AUTH_SECRET', 'too short', 'AUTH_SECRET: must have at least 32 bytes'],
    ['AUTH_JWKS_URL', 'https://id.example.com/keys', 'AUTH_ISSUER: is required with AUTH_JWKS_URL'],
  ])('with %s %s', async (name, value, sentence) => {
    const ended = await runToEnd({ [name]: value, DATA_DIR: await tempDirectory() })
    expect(ended).toStrictEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `image-ledger does not start: ${sentence}\n`,
    })
  })

  test('where another process has the data directory', async () => {
    const directory = await tempDirectory()
    const first = await devProcess(directory)
    const { code, stdout, stderr } = await runToEnd({ DATA_DIR: directory })
    const sentence = `The data directory ${directory} is in use by another process: stop that one, or choose another directory.`
    expect([code, stdout, stderr]).toStrictEqual([1, '', `image-ledger does not start: ${sentence}\n`])
    expect((await first.http({ path: '/readyz' })).status).toBe(200)
  })

  test('where another process has the port', async () => {
    const { port } = new URL((await devProcess(await tempDirectory())).url)
    const { code, stdout, stderr } = await runToEnd({
      PORT: port,
      DATA_DIR: await tempDirectory(),
      LOG_LEVEL: 'error',
    })
    const sentence = `listen EADDRINUSE: address already in use 127.0.0.1:${port}`
    expect([code, stdout, stderr]).toStrictEqual([1, '', `image-ledger does not start: ${sentence}\n`])
  })
})

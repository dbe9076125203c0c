import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../src/adapters/system/config.ts'
import { metricsText } from './support/metrics.ts'
import { seededService } from './support/service.ts'

// What lies in deploy/ fits the service, as far as can be told without containers.

const deploy = join(import.meta.dirname, '../deploy')
const read = (file: string): string => readFileSync(join(deploy, file), 'utf8')

interface ComposeService {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly secrets?: readonly string[]
  readonly depends_on?: readonly string[] | Readonly<Record<string, object>>
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, null>>
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>
}

const compose: Compose = parse(read('compose.yaml'), { merge: true })
const nodes = Object.entries(compose.services).filter(([, { build }]) => build !== undefined)

/** What the image itself says, as `ENV A=b C=d` lines do. */
const ofImage = Object.fromEntries(
  [...read('Dockerfile').matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) =>
    line.split(' ').map((pair) => pair.split('=')),
  ),
)

/** As the shell of whoever starts it has them. */
const given = {
  AUTH_SECRET: 'a'.repeat(64),
  LINK_SECRET: 'd'.repeat(64),
  METRICS_TOKEN: 'b'.repeat(32),
  S3_SECRET_KEY: 'c'.repeat(32),
}

const interpolated = (text: string): string =>
  text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, rest: string) => {
    const value = (given as Record<string, string>)[name]
    if (value === undefined && kind !== '-') throw new Error(`${name} is given by nobody`)
    return value ?? rest
  })

const environmentOf = ({ environment = {} }: ComposeService) =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, interpolated(value)]))

describe('The compose file', () => {
  test('starts three nodes, each with a directory of its own', () => {
    expect(nodes).toHaveLength(3)
    const volumes = nodes.map(([, { volumes: [volume = ''] = [] }]) => volume.split(':'))
    expect(new Set(volumes.map(([name]) => name)).size).toBe(3)
    expect(volumes.map(([, path]) => path)).toStrictEqual(Array(3).fill(ofImage['DATA_DIR']))
  })

  test.each(nodes)('gives %s what the service takes', (_, node) => {
    const environment = environmentOf(node)
    const config = readConfig({ ...ofImage, ...environment })
    if (config._tag === 'Left') throw new Error(config.left)
    expect(config.right).toMatchObject({
      production: true,
      HOST: '0.0.0.0',
      PORT: 4000,
      DATA_DIR: '/data',
      auth: { kind: 'SECRET' },
      METRICS_TOKEN: given.METRICS_TOKEN,
    })
    const readme = readFileSync(join(deploy, '../README.md'), 'utf8')
    for (const name of Object.keys({ ...ofImage, ...environment }))
      expect([name, readme.includes(`\`${name}\``)]).toStrictEqual([name, true])
  })

  test('names stores as they are called there', () => {
    for (const [, node] of nodes) {
      const { EVENTSTORE_URL = '', S3_ENDPOINT = '', S3_BUCKET, ...environment } = environmentOf(node)
      const minio = environmentOf(compose.services['minio'] ?? {})
      expect(Object.keys(compose.services)).toContain(new URL(EVENTSTORE_URL).hostname)
      expect(Object.keys(compose.services)).toContain(new URL(S3_ENDPOINT).hostname)
      expect([environment['S3_ACCESS_KEY'], environment['S3_SECRET_KEY']]).toStrictEqual([
        minio['MINIO_ROOT_USER'],
        minio['MINIO_ROOT_PASSWORD'],
      ])
      expect(JSON.stringify(compose.services['bucket'])).toContain(`store/${S3_BUCKET}`)
    }
  })

  test('refers to nothing that is not there, and pins every image', () => {
    const services = Object.keys(compose.services)
    for (const [name, service] of Object.entries(compose.services)) {
      const { image = '', volumes = [], depends_on: needs = [], secrets = [] } = service
      if (service.build === undefined) expect(image).toMatch(/:(?!latest)[\w.-]+$/)
      for (const needed of Array.isArray(needs) ? needs : Object.keys(needs))
        expect(services).toContain(needed)
      for (const secret of secrets) expect(Object.keys(compose.secrets)).toContain(secret)
      for (const volume of volumes) {
        const [source = ''] = volume.split(':')
        const known = source.startsWith('.') ? existsSync(join(deploy, source)) : source in compose.volumes
        expect([name, source, known]).toStrictEqual([name, source, true])
      }
      if (service.build !== undefined)
        expect(existsSync(join(deploy, service.build.context, service.build.dockerfile))).toBe(true)
    }
  })

  test('lets nobody in from outside this machine', () => {
    const ports = Object.values(compose.services).flatMap(({ ports: published = [] }) => published)
    expect(ports.length).toBeGreaterThan(0)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  })
})

const targets = nodes.map(([name]) => `${name}:${ofImage['PORT']}`)

test('the load balancer asks every node, at its port, whether it is ready', () => {
  const caddy = read('caddy/Caddyfile')
  expect(/reverse_proxy (.*) \{/.exec(caddy)?.[1]?.split(' ')).toStrictEqual(targets)
  expect(caddy).toContain('health_uri /readyz')
  const [port] = (compose.services['balancer']?.ports ?? []).map((published) => published.split(':').at(-1))
  expect(caddy).toContain(`:${port} {`)
})

test('Prometheus reads every node with the token that they were given', () => {
  const [job] = parse(read('prometheus/prometheus.yml')).scrape_configs
  expect(job.static_configs[0].targets).toStrictEqual(targets)
  const [secret = ''] = compose.services['prometheus']?.secrets ?? []
  expect(job.authorization.credentials_file).toBe(`/run/secrets/${secret}`)
  expect(compose.secrets[secret]).toStrictEqual({ environment: 'METRICS_TOKEN' })
})

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

describe('What is asked of the metrics', () => {
  const dashboard: Dashboard = JSON.parse(read('grafana/image-ledger.json'))
  const shown = dashboard.panels.flatMap(({ targets: asked = [] }) => asked.map(({ expr }) => expr))
  const alerts: readonly { readonly expr: string }[] = parse(read('prometheus/alerts.yml')).groups[0].rules

  const metricsIn = (expressions: readonly string[]): ReadonlySet<string> =>
    new Set(
      expressions.flatMap((expr) =>
        [...expr.matchAll(/\b(?:image_ledger|process|nodejs)_\w+/g)].map(([name]) => name),
      ),
    )

  /** The names of what is measured, and the series of a histogram. */
  const measured = async (): Promise<ReadonlySet<string>> => {
    const text = await metricsText(await seededService())
    return new Set(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
      ),
    )
  }

  test('by the dashboard and the alerts is there', async () => {
    const names = await measured()
    const asked = metricsIn([...shown, ...alerts.map(({ expr }) => expr)])
    expect([...asked].filter((name) => !names.has(name))).toStrictEqual([])
    expect(asked.size).toBeGreaterThan(20)
  })

  test('by the dashboard leaves out nothing that the service measures of itself', async () => {
    const asked = metricsIn(shown)
    // Of a histogram one series is enough.
    const own = new Set(
      [...(await measured())]
        .filter((name) => name.startsWith('image_ledger_'))
        .map((name) => name.replace(/_(?:bucket|sum|count)$/, '')),
    )
    const shownNames = new Set([...asked].map((name) => name.replace(/_(?:bucket|sum|count)$/, '')))
    expect([...own].filter((name) => !shownNames.has(name))).toStrictEqual([])
  })

  test('is asked of the node that was chosen', () => {
    for (const expr of shown)
      for (const [, selector] of expr.matchAll(/\b(?:image_ledger|process|nodejs)_\w+(\{[^}]*\})?/g))
        expect([expr, selector?.includes('instance=~"$instance"')]).toStrictEqual([expr, true])
  })
})

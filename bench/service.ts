import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { SignJWT } from 'jose'
import { BENCH } from './seed.ts'

const SECRET = 'a secret for benchmarks, 32 bytes at least'

/** What is empty is not set: the stores that the bench itself is told are for nodes. */
const EMBEDDED = { EVENTSTORE_URL: '', S3_ENDPOINT: '', S3_BUCKET: '', S3_ACCESS_KEY: '', S3_SECRET_KEY: '' }

/** The service in a process of its own, as `npm start` runs it. */
export interface BenchService {
  readonly url: string
  readonly token: string
  /** Seconds from the start of the process to its first ready answer. */
  readonly startSeconds: number
  /** The memory that the process holds now, and held at most, in MB. */
  readonly memory: () => { readonly now: number; readonly peak: number }
  readonly stop: () => Promise<void>
}

/** On the embedded store, unless the environment says other stores. */
export const startBenchService = async (
  directory: string,
  port: number,
  environment: Readonly<Record<string, string>> = EMBEDDED,
): Promise<BenchService> => {
  const started = performance.now()
  // As package.json's start script has it.
  const child = spawn(process.execPath, ['--max-semi-space-size=4', 'src/main.ts'], {
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: 'node_modules/.cache/node-compile-cache',
      DATA_DIR: directory,
      PORT: String(port),
      AUTH_SECRET: SECRET,
      LINK_SECRET: SECRET,
      LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    const ready = await fetch(`${url}/readyz`).catch(() => null)
    if (ready?.ok) break
    if (child.exitCode !== null) throw new Error('The service did not start')
    await sleep(ready === null ? 5 : 100)
  }
  const token = await new SignJWT({ account: BENCH.account, account_role: 'admin' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('bench')
    .setExpirationTime('4h')
    .sign(new TextEncoder().encode(SECRET))
  return {
    url,
    token,
    startSeconds: (performance.now() - started) / 1000,
    memory: () => memoryOf(child),
    stop: async () => {
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

const memoryOf = (child: ChildProcess) => {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const read = (field: string) =>
    Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) / 1000
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

export interface Load {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** Sends GraphQL requests for some seconds, each with the next body. Throws if any fails. */
export const load = async (
  service: BenchService,
  connections: number,
  durationSeconds: number,
  next: () => object,
): Promise<Load> => {
  const result = await autocannon({
    url: `${service.url}/graphql`,
    connections,
    duration: durationSeconds,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${service.token}` },
    requests: [{ setupRequest: (request) => ({ ...request, body: JSON.stringify(next()) }) }],
  })
  if (result.errors + result.non2xx > 0) throw new Error(`${result.errors + result.non2xx} requests failed`)
  return { perSecond: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 }
}

const WARM_UP = 50
const MEASURED = 500

/** What one client waits for the same request, sent again and again, in milliseconds. */
export const latency = async (
  service: BenchService,
  body: { readonly query: string; readonly variables?: object },
  measured = MEASURED,
): Promise<{ readonly p50: number; readonly p99: number }> => {
  const times: number[] = []
  for (let n = 0; n < WARM_UP + measured; n += 1) {
    const started = performance.now()
    await ask(service, body.query, body.variables)
    if (n >= WARM_UP) times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * measured)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

/** One GraphQL request; throws on errors of any kind. */
export const ask = async (service: BenchService, query: string, variables: object = {}) => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${service.token}` },
    body: JSON.stringify({ query, variables }),
  })
  const answer = (await response.json()) as {
    data?: Record<string, { id?: string; message?: string }>
    errors?: unknown
  }
  if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors))
  return answer.data ?? {}
}

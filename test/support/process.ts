import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { Client } from './client.ts'
import { eventually } from './eventually.ts'
import { inOwnMounts, smallDisk } from './mounts.ts'
import { stores } from './stores.ts'
import { SECRET } from './tokens.ts'

type Environment = Readonly<Record<string, string>>

/** How a process ended, and all that it wrote. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A service in a process of its own, that clients reach by HTTP. */
export class ServiceProcess extends Client {
  readonly #running: Running

  constructor(url: string, running: Running) {
    super(url)
    this.#running = running
  }

  get pid(): number {
    return this.#running.child.pid ?? 0
  }

  /** What it has written so far. */
  get stdout(): string {
    return this.#running.written.stdout
  }

  get stderr(): string {
    return this.#running.written.stderr
  }

  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended> {
    this.#running.child.kill(signal)
    return this.#running.ended
  }
}

interface Running {
  readonly child: ChildProcess
  readonly written: { stdout: string; stderr: string }
  readonly ended: Promise<Ended>
}

type Command = readonly [string, ...string[]]
const ofService: Command = [process.execPath, 'src/main.ts']

/** `npm start` without npm: nothing of this process's environment but the path comes along. */
const run = (environment: Environment, command: Command = ofService): Running => {
  const [program, ...args] = command
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...written }))
  return { child, written, ended }
}

/** Runs the service to its end: for starts that are refused. */
export const runToEnd = (environment: Environment): Promise<Ended> => run(environment).ended

/** `npm run migrate` without npm, to its end. */
export const runMigration = (environment: Environment): Promise<Ended> =>
  run(environment, [process.execPath, 'src/migrate.ts']).ended

/** Starts a service with AUTH_SECRET and waits until it is ready. Whoever calls it ends it. */
export const startProcess = async (
  directory: string,
  environment: Environment = {},
): Promise<ServiceProcess> =>
  launched({
    AUTH_SECRET: SECRET,
    ...(await stores.environment(directory)),
    ...environment,
    DATA_DIR: directory,
  })

/** Starts a service and kills it after so many milliseconds, however far it has come. */
export const killStarting = async (directory: string, afterMs: number): Promise<void> => {
  const { child, ended } = run({ AUTH_SECRET: SECRET, DATA_DIR: directory })
  await sleep(afterMs)
  child.kill('SIGKILL')
  await ended
}

/** A service in dev mode for the test that runs; killed after it if it still runs. */
export const devProcess = async (
  directory: string,
  environment: Environment = {},
): Promise<ServiceProcess> => {
  const service = await launched({ ...environment, DATA_DIR: directory })
  onTestFinished(async () => void (await service.end('SIGKILL')))
  await eventually('the greeting is printed', () => service.stdout.includes('curl'))
  return service
}

/** A service on embedded stores for the test that runs, with a disk of so many MiB for its bytes: see mounts.ts. */
export const processOnSmallDisk = async (directory: string, mebibytes: number): Promise<ServiceProcess> => {
  const command = inOwnMounts(smallDisk(mebibytes), join(directory, 'blobs'), ofService)
  const service = await launched({ AUTH_SECRET: SECRET, DATA_DIR: directory }, command)
  onTestFinished(async () => void (await service.end('SIGKILL')))
  return service
}

const launched = async (environment: Environment, command?: Command): Promise<ServiceProcess> => {
  const running = run(environment, command)
  const { child, ended, written } = running
  try {
    let over = false
    ended.then(() => {
      over = true
    })
    const url = () => /"url":"([^"]+)"/.exec(written.stderr)?.[1]
    await eventually('the service listens', () => over || url() !== undefined)
    if (over) throw new Error(`The service ended: ${written.stderr}`)
    const service = new ServiceProcess(url() ?? '', running)
    await eventually('it is ready', async () => (await service.http({ path: '/readyz' })).status === 200)
    return service
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

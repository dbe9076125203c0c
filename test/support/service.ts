import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readConfig } from '../../src/adapters/system/config.ts'
import { type Service, startService } from '../../src/main.ts'
import { Client } from './client.ts'
import { stores } from './stores.ts'
import {
  ACCOUNT,
  LOCATION,
  OTHER_PROJECT,
  PROJECT,
  SECRET,
  STRANGE_ACCOUNT,
  STRANGE_PROJECT,
  tokens,
} from './tokens.ts'

type Environment = Readonly<Record<string, string>>

/** A service in this process, that clients reach by HTTP, and tests look into. */
export class TestService extends Client {
  readonly directory: string
  readonly service: Service

  constructor(directory: string, service: Service) {
    super(service.url)
    this.directory = directory
    this.service = service
  }

  stop(): Promise<void> {
    return this.service.stop()
  }
}

/** Starts a service on a directory. Whoever calls it stops it. */
export const startOn = async (directory: string, environment: Environment = {}): Promise<TestService> => {
  const config = readConfig({
    AUTH_SECRET: SECRET,
    LOG_LEVEL: 'silent',
    ...(await stores.environment(directory)),
    ...environment,
    PORT: '0',
    DATA_DIR: directory,
  })
  if (config._tag === 'Left') throw new Error(config.left)
  return new TestService(directory, await startService(config.right))
}

const startEmpty = async (environment: Environment) => {
  const directory = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  const service = await startOn(directory, environment)
  const dispose = async () => {
    await service.stop()
    await rm(directory, { recursive: true, force: true })
  }
  return { service, dispose }
}

/** A service with the world of tokens.ts in it, on a new directory. Whoever calls it disposes of it. */
export const startSeeded = async (environment: Environment = {}) => {
  const started = await startEmpty(environment)
  await seed(started.service)
  return started
}

/** A service with nothing in it for the test that runs; stopped and removed after it. */
export const emptyService = async (environment: Environment = {}): Promise<TestService> => {
  const { service, dispose } = await startEmpty(environment)
  onTestFinished(dispose)
  return service
}

/** The same with the world of tokens.ts in it. */
export const seededService = async (environment: Environment = {}): Promise<TestService> => {
  const service = await emptyService(environment)
  await seed(service)
  return service
}

/**
 * Starts services for the test that runs, one after the other, on one directory, the first with the world of tokens.ts.
 * Each call stops the one before.
 */
export const successiveServices = async (): Promise<(environment?: Environment) => Promise<TestService>> => {
  const directory = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  let running: TestService | null = null
  onTestFinished(async () => {
    await running?.stop()
    await rm(directory, { recursive: true, force: true })
  })
  return async (environment = {}) => {
    const first = running === null
    await running?.stop()
    running = await startOn(directory, environment)
    if (first) await seed(running)
    return running
  }
}

/** A location, two accounts and their projects, made by the operator. */
export const seed = async (client: Client): Promise<void> => {
  const created = await client.graphql(
    tokens.operator,
    `mutation ($location: ID!, $account: ID!, $project: ID!, $otherProject: ID!, $strangeAccount: ID!, $strangeProject: ID!) {
      location: locationCreate(input: { id: $location, name: "Amsterdam" }) { __typename }
      account: accountCreate(input: { id: $account, name: "Acme" }) { __typename }
      strangeAccount: accountCreate(input: { id: $strangeAccount, name: "Globex" }) { __typename }
      project: projectCreate(input: { id: $project, account: $account, name: "Web" }) { __typename }
      otherProject: projectCreate(input: { id: $otherProject, account: $account, name: "Ops" }) { __typename }
      strangeProject: projectCreate(input: { id: $strangeProject, account: $strangeAccount, name: "Elsewhere" }) { __typename }
    }`,
    {
      location: LOCATION,
      account: ACCOUNT,
      project: PROJECT,
      otherProject: OTHER_PROJECT,
      strangeAccount: STRANGE_ACCOUNT,
      strangeProject: STRANGE_PROJECT,
    },
  )
  const types = Object.values(created as Record<string, { __typename: string }>).map((it) => it.__typename)
  if (types.join() !== 'Location,Account,Account,Project,Project,Project')
    throw new Error(`The world could not be made: ${types.join()}`)
}

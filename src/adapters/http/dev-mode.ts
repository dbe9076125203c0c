import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { Services } from '../../application/services.ts'
import { accountCreate } from '../../application/use-cases/account-create.ts'
import { locationCreate } from '../../application/use-cases/location-create.ts'
import { projectCreate } from '../../application/use-cases/project-create.ts'
import type { Principal } from '../../domain/access/principal.ts'
import { keptSecret } from '../system/kept-secret.ts'

// Dev mode: DESIGN, tenancy and access. Something to look at, and tokens to look at it with.

const DEMO = { account: 'demo', project: 'demo-project', location: 'local' } as const
/** Somebody to share with. */
const NEIGHBOUR = { account: 'neighbour', project: 'neighbour-project' } as const
const TOKEN_LIFE = '24h'

/** The secret of this data directory, made at its first start. */
export const devSecret = (directory: string): string => keptSecret(join(directory, 'dev-secret'))

const inProject = ({ account, project }: { account: string; project: string }, role: string) => ({
  account,
  projects: { [project]: role },
})

/** Who the tokens are for. */
const people = {
  operator: { operator: true },
  admin: { account: DEMO.account, account_role: 'admin' },
  collaborator: inProject(DEMO, 'collaborator'),
  viewer: inProject(DEMO, 'viewer'),
  neighbour: inProject(NEIGHBOUR, 'collaborator'),
}
export type DevTokens = Readonly<Record<keyof typeof people, string>>

/** A token for each kind of users, good for a day. */
export const devTokens = async (secret: string): Promise<DevTokens> => {
  const signed = Object.entries(people).map(async ([person, claims]) => [
    person,
    await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(`demo-${person}`)
      .setIssuedAt()
      .setExpirationTime(TOKEN_LIFE)
      .sign(new TextEncoder().encode(secret)),
  ])
  return Object.fromEntries(await Promise.all(signed))
}

/** A location, and two accounts with a project each, where they are not there yet. */
export const createDemo = async (services: Services): Promise<void> => {
  const principal: Principal = {
    subject: 'demo-operator',
    issuer: '',
    operator: true,
    hypervisor: null,
    account: null,
    accountRole: null,
    projects: new Map(),
  }
  const caller = { principal, requestId: crypto.randomUUID() }
  const outcomes = [
    await locationCreate(services)(caller, { id: DEMO.location, name: 'This machine' })(),
    await accountCreate(services)(caller, { id: DEMO.account, name: 'Demo' })(),
    await projectCreate(services)(caller, {
      id: DEMO.project,
      account: DEMO.account,
      name: 'Demo project',
    })(),
    await accountCreate(services)(caller, { id: NEIGHBOUR.account, name: 'Neighbour' })(),
    await projectCreate(services)(caller, {
      id: NEIGHBOUR.project,
      account: NEIGHBOUR.account,
      name: 'Neighbour project',
    })(),
  ]
  for (const outcome of outcomes)
    if (outcome._tag === 'Left' && outcome.left.tag !== 'NameTaken') throw new Error(outcome.left.message)
}

/** What `npm start` prints for the person who started it. */
export const devGreeting = (url: string, tokens: DevTokens): string => `
image-ledger runs at ${url}/graphql (dev mode: this machine only)

Tokens, good for a day:
${Object.entries(tokens)
  .map(([person, token]) => `  ${person.padEnd(12)}  ${token}`)
  .join('\n')}

The admin is of account ${DEMO.account}, collaborator and viewer are of its project ${DEMO.project}, and the neighbour is a
collaborator of ${NEIGHBOUR.project}, of account ${NEIGHBOUR.account}.

List the images of project ${DEMO.project}:
  curl -s ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${tokens.collaborator}' -d '{"query":"{ images(project: \\"${DEMO.project}\\") { totalCount nodes { id name status } } }"}'

`

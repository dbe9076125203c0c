import { command } from '../support/library.ts'
import { seed, type TestService } from '../support/service.ts'
import {
  ACCOUNT,
  type Claims,
  OTHER_PROJECT,
  PROJECT,
  STRANGE_ACCOUNT,
  STRANGE_PROJECT,
  signedToken,
  tokens,
} from '../support/tokens.ts'

/** Who and what there is in every sequence: three accounts, five projects, and everybody that DESIGN's table speaks of. */

export type Role = 'viewer' | 'collaborator' | 'admin'

/** A caller as the token says it. */
export interface Person extends Claims {
  readonly account_role?: Role
  readonly projects?: Readonly<Record<string, Role>>
}

const LAB = 'lab'
const THIRD_ACCOUNT = 'initech'
const PILOT = 'pilot'
/** A well-formed id that no project has. */
const NOWHERE = 'nowhere'

/** Whose each project is. */
export const accountOf: ReadonlyMap<string, string> = new Map([
  [PROJECT, ACCOUNT],
  [OTHER_PROJECT, ACCOUNT],
  [STRANGE_PROJECT, STRANGE_ACCOUNT],
  [LAB, STRANGE_ACCOUNT],
  [PILOT, THIRD_ACCOUNT],
])
export const projects: readonly string[] = [...accountOf.keys()]
export const projectsAndNone: readonly string[] = [...projects, NOWHERE]
export const accounts: readonly string[] = [...new Set(accountOf.values())]
export const accountsAndNone: readonly string[] = [...accounts, NOWHERE]

const roles: readonly Role[] = ['viewer', 'collaborator', 'admin']
const inAccounts = accounts.flatMap((account) =>
  roles.map((role): Person => ({ sub: `${role} of ${account}`, account, account_role: role })),
)
const inProject = (project: string, role: Role): Person => {
  const account = accountOf.get(project)
  return {
    sub: `${role} of project ${project}`,
    projects: { [project]: role },
    ...(account === undefined ? {} : { account }),
  }
}

export const operator: Person = { sub: 'operator', operator: true }

export const people: readonly Person[] = [
  operator,
  ...inAccounts,
  inProject(PROJECT, 'viewer'),
  inProject(PROJECT, 'collaborator'),
  inProject(PROJECT, 'admin'),
  inProject(OTHER_PROJECT, 'collaborator'),
  inProject(STRANGE_PROJECT, 'viewer'),
  inProject(STRANGE_PROJECT, 'collaborator'),
  inProject(LAB, 'admin'),
  inProject(NOWHERE, 'admin'),
  { sub: 'in two accounts', projects: { [PROJECT]: 'collaborator', [LAB]: 'viewer' } },
  {
    sub: 'viewer of globex, collaborator of project web',
    account: STRANGE_ACCOUNT,
    account_role: 'viewer',
    projects: { [PROJECT]: 'collaborator' },
  },
  { sub: 'member of acme without a role', account: ACCOUNT },
  { sub: 'nobody' },
]

/** Everybody's tokens, signed once for the file that runs. */
const signed: ReadonlyMap<Person, string> = new Map(
  await Promise.all(people.map(async (person) => [person, await signedToken(person)] as const)),
)

export const tokenOf = (person: Person): string => signed.get(person) ?? ''

/** Makes this world in a service that has nothing in it. */
export const makeWorld = async (service: TestService): Promise<void> => {
  await seed(service)
  const send = (mutation: string, input: object) => command(service, tokens.operator, mutation, input)
  const made = [
    await send('accountCreate', { id: THIRD_ACCOUNT, name: 'Initech' }),
    await send('projectCreate', { id: LAB, account: STRANGE_ACCOUNT, name: 'Lab' }),
    await send('projectCreate', { id: PILOT, account: THIRD_ACCOUNT, name: 'Pilot' }),
  ]
  if (made.some(({ code }) => code !== undefined))
    throw new Error(`The world could not be made: ${JSON.stringify(made)}`)
}

import { accountOf, type Person, projects } from './world.ts'

/** Who may what: DESIGN, tenancy and access, as plain as it can be said. */

export type Status = 'CREATING' | 'AVAILABLE' | 'ERROR' | 'DELETING' | 'DELETED'
export type Visibility = 'PRIVATE' | 'SHARED' | 'COMMUNITY' | 'PUBLIC'
export type ShareStatus = 'PENDING' | 'ACCEPTED' | 'REJECTED' | 'EXPIRED' | 'REVOKED'

export interface Share {
  status: ShareStatus
  message: string | null
  expiresOn: number | null
}

export interface Notice {
  stage: 'DEPRECATED' | 'OBSOLETE'
  replacement: ModelImage | null
  obsoleteOn: number | null
  deleteOn: number | null
  /** Its date of deletion came, and is spent. */
  spent: boolean
}

/** An image as far as the rules go. Dates are days of the model's calendar. */
export interface ModelImage {
  /** What it is called in failures; the service's id is not the model's. */
  readonly label: string
  readonly account: string
  /** Null once promoted. */
  project: string | null
  name: string
  readonly family: string | null
  status: Status
  /** What a restore brings back. */
  statusBefore: Status
  /** The first day on which its deletion is final. */
  deletedOn: number | null
  visibility: Visibility
  protected: boolean
  deactivatedBy: 'OWNER' | 'OPERATOR' | null
  notice: Notice | null
  readonly shares: Map<string, Share>
}

/** From 0, nothing, to 3, admin; 4 is an operator. */
export type Rank = 0 | 1 | 2 | 3 | 4
export const VIEWER = 1
export const COLLABORATOR = 2
export const ADMIN = 3
export const OPERATOR = 4
const rankOf = { viewer: VIEWER, collaborator: COLLABORATOR, admin: ADMIN } as const

const highest = (ranks: readonly Rank[]): Rank => ranks.reduce((a, b) => (a > b ? a : b), 0)

export const inAccount = (person: Person, account: string | undefined): Rank => {
  if (person.operator) return OPERATOR
  if (person.account !== account || person.account_role === undefined) return 0
  return rankOf[person.account_role]
}

/** An account role holds in all of its account's projects. In a project that is none, nobody has a role. */
export const inProject = (person: Person, project: string): Rank => {
  const account = accountOf.get(project)
  if (account === undefined) return 0
  const role = person.projects?.[project]
  return highest([inAccount(person, account), role === undefined ? 0 : rankOf[role]])
}

/** Owner: the image's project, or its account once promoted. */
export const asOwner = (person: Person, { account, project }: ModelImage): Rank =>
  project === null ? inAccount(person, account) : inProject(person, project)

export const isEverybodys = ({ visibility }: ModelImage): boolean =>
  visibility === 'COMMUNITY' || visibility === 'PUBLIC'

/** Whether a project has an image to list, see and use. */
export const isUsedBy = (project: string, image: ModelImage): boolean => {
  if (image.status === 'DELETED') return false
  if (isEverybodys(image)) return true
  if (image.project === null && image.account === accountOf.get(project)) return true
  return image.project === project || image.shares.get(project)?.status === 'ACCEPTED'
}

/** The highest role that somebody has in a project that has it. */
export const asUser = (person: Person, image: ModelImage): Rank =>
  highest([
    asOwner(person, image),
    ...projects.map((project) => (isUsedBy(project, image) ? inProject(person, project) : 0)),
  ])

const isOfferedTo = (person: Person, image: ModelImage): boolean =>
  image.status !== 'DELETED' &&
  [...image.shares].some(
    ([project, { status }]) => status === 'PENDING' && inProject(person, project) >= VIEWER,
  )

export const sees = (person: Person, image: ModelImage): boolean =>
  asUser(person, image) >= VIEWER || isOfferedTo(person, image)

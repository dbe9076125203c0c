import type { AccountId, ProjectId } from '../kernel/ids.ts'
import { type Role, roles } from '../kernel/refusal.ts'
import { anyoneOf, type ImageFacts, mayWithImage } from './image-access.ts'
import type { Principal } from './principal.ts'

/** For whom a link to an image's bytes was asked for: a project, or an account where the role is one in all of it. */
export type Holder =
  | { readonly kind: 'project'; readonly id: ProjectId }
  | { readonly kind: 'account'; readonly id: AccountId }

/** Somebody who collaborates there and has no role anywhere else: what this one may, a link for it may. */
export const collaboratorOf = (holder: Holder): Principal =>
  holder.kind === 'project'
    ? anyoneOf(holder.id, 'COLLABORATOR')
    : { ...nobody, account: holder.id, accountRole: 'COLLABORATOR' }

const nobody: Principal = {
  subject: '',
  issuer: '',
  operator: false,
  hypervisor: null,
  account: null,
  accountRole: null,
  projects: new Map(),
}

/**
 * By which project or account somebody may download an image: its owner first, then projects in the order of their ids, then
 * the account. With `project` by that one or none. Operators ask for its owner. Null where there is none.
 */
export const holderFor = (who: Principal, image: ImageFacts, project: ProjectId | null): Holder | null => {
  // Looked up once, however many projects somebody has.
  const offers = [...image.shares()]
  const facts = { ...image, shares: () => offers }
  const holders = project === null ? holdersOf(who, image) : named(who, image, project)
  const first = holders.filter((holder) => owns(holder, image))
  const found = [...first, ...holders].find((holder) =>
    mayWithImage(collaboratorOf(holder), 'downloadImage', facts),
  )
  return found ?? null
}

const holdersOf = (who: Principal, { owner }: ImageFacts): readonly Holder[] => {
  if (who.operator)
    return [
      owner.project === null
        ? { kind: 'account', id: owner.account }
        : { kind: 'project', id: owner.project },
    ]
  const projects = [...who.projects].filter(([, role]) => collaborates(role)).map(([id]) => id)
  const ofProjects = projects.sort().map((id) => ({ kind: 'project', id }) as const)
  return who.account !== null && collaborates(who.accountRole)
    ? [...ofProjects, { kind: 'account', id: who.account }]
    : ofProjects
}

const named = (who: Principal, { accountOf }: ImageFacts, id: ProjectId): readonly Holder[] => {
  const account = accountOf(id)
  if (account === null) return []
  const asAccount = who.account === account && collaborates(who.accountRole)
  const mayAsk = who.operator || asAccount || collaborates(who.projects.get(id))
  return mayAsk ? [{ kind: 'project', id }] : []
}

const owns = ({ kind, id }: Holder, { owner }: ImageFacts): boolean =>
  id === (kind === 'project' ? owner.project : owner.account)

const collaborates = (role: Role | null | undefined): boolean =>
  role !== null && role !== undefined && roles.indexOf(role) >= roles.indexOf('COLLABORATOR')

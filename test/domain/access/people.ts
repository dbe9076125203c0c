import type { ImageFacts, Offer } from '../../../src/domain/access/image-access.ts'
import type { Principal } from '../../../src/domain/access/principal.ts'
import type { AccountId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import type { Role } from '../../../src/domain/kernel/refusal.ts'
import { acme, globex, lab, ops, principal, web } from '../../support/samples.ts'

export const shop = 'shop' as ProjectId
/** A project that the ledger does not know. */
export const ghost = 'ghost' as ProjectId

const accounts = new Map<ProjectId, AccountId>([
  [web, acme],
  [ops, acme],
  [lab, globex],
  [shop, globex],
])
/** Web and ops are of acme, lab and shop of globex; there is no other project. */
export const accountOf = (project: ProjectId): AccountId | null => accounts.get(project) ?? null

/** Somebody with these roles in projects, and nothing else. */
export const inProjects = (held: Readonly<Record<string, Role>>): Principal =>
  principal({ projects: new Map(Object.entries(held) as [ProjectId, Role][]) })

export const inAccount = (account: AccountId, accountRole: Role | null): Principal =>
  principal({ account, accountRole })

/** A private image of project web, except for what is said. */
export const factsOf = ({
  offers = [],
  ...changes
}: Partial<ImageFacts> & { readonly offers?: readonly Offer[] } = {}): ImageFacts => ({
  owner: { account: acme, project: web },
  visibility: offers.length > 0 ? 'SHARED' : 'PRIVATE',
  deleted: false,
  shares: () => offers,
  accountOf,
  ...changes,
})

import { imagesOfProject, type ListScope, nothing } from '../../../src/domain/access/lists.ts'
import type { AccountId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import { projects } from '../../support/image-lists.ts'
import { principal } from '../../support/samples.ts'

const accounts = ['acme', 'globex'] as AccountId[]

const owned = (own: Partial<typeof nothing.own>): ListScope => ({
  ...nothing,
  own: { ...nothing.own, ...own },
})
const usable = (some: Partial<typeof nothing.usable>): ListScope => ({
  ...nothing,
  usable: { ...nothing.usable, ...some },
})

/** Each kind of source by itself, for one project or account. */
export const sources = (project: ProjectId, account: AccountId): Readonly<Record<string, ListScope>> => ({
  'the images of an account': owned({ accounts: [account] }),
  'the images that were promoted to an account, for its owners': owned({ promoted: [account] }),
  'the images of a project': owned({ projects: [project] }),
  'the images that were promoted to an account, for its projects': usable({ promoted: [account] }),
  'what a project accepted': usable({ acceptedBy: [project] }),
  'what the projects of an account accepted': usable({ acceptedIn: [account] }),
  'community and public images': usable({ everybodys: true }),
})

/** Everybody there is in these tests: each source of each project, what projects may use, nobody and operators. */
export const everyAudience: readonly ListScope[] = [
  'EVERYTHING',
  nothing,
  ...projects.flatMap((project) => [
    ...Object.values(sources(project.id, project.account)),
    imagesOfProject(principal(), project),
  ]),
  usable({ acceptedBy: projects.map(({ id }) => id), acceptedIn: accounts, everybodys: true }),
]

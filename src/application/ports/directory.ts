import type { AccountId, LocationId, ProjectId } from '../../domain/kernel/ids.ts'

/** The few questions of commands that no single stream answers. The answers are as fresh as the catalog. */
export interface Directory {
  /** The only location there is; null where there are none or several. */
  onlyLocation(): LocationId | null
  /** Whose a project is, for good; null where there is no such project. */
  accountOf(project: ProjectId): AccountId | null
  /** How many offers wait for an answer of a project, whether there is such a project or not. */
  pendingOffersTo(project: ProjectId): number
}

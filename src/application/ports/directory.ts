import type { LocationId } from '../../domain/kernel/ids.ts'

/** The few questions of commands that no single stream answers. The answers are as fresh as the catalog. */
export interface Directory {
  /** The only location there is; null where there are none or several. */
  onlyLocation(): LocationId | null
}

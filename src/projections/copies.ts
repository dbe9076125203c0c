import type { Logger } from '../application/ports/logger.ts'
import { type Position, START } from '../domain/kernel/recorded.ts'
import { readCheckpoint } from './checkpoint.ts'
import type { Projection, ReadModelCopies, ReadModels } from './projection.ts'
import type { ProjectionRunner } from './runner.ts'

export interface PublishCopies {
  readonly projections: readonly Projection[]
  readonly runner: ProjectionRunner
  readonly readModels: ReadModels
  readonly copies: ReadModelCopies
  /** See EventLog.identity. */
  readonly log: string
  /** How old the newest copy may become, in milliseconds. */
  readonly everyMs: number
  readonly logger: Logger
}

/**
 * Leaves a copy of each read model that is live here, where nobody has left one for a while and there is more to copy. That two
 * nodes do it at once costs work and nothing else. To be called again and again.
 */
export const publishCopies = (options: PublishCopies): (() => Promise<void>) => {
  const { projections, runner, readModels, copies, log, everyMs, logger } = options
  const published = new Map<string, Position>()
  return async () => {
    for (const { name, version } of projections) {
      const status = runner.status().find((each) => each.name === name)
      if (status?.state !== 'LIVE' || status.position === published.get(name)) continue
      const from = { projection: name, version, log }
      const newestAt = await copies.newestAt(from)
      if (newestAt !== null && Date.now() - newestAt.getTime() < everyMs) continue
      await readModels.withCopy(name, runner.database(name), async (file, copy) => {
        const position = readCheckpoint(copy)?.position ?? START
        await copies.publish(from, position, file)
        published.set(name, position)
        logger.info({ projection: name, position: String(position) }, 'A copy of a read model was published.')
      })
    }
  }
}

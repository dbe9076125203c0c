import type { Services } from '../services.ts'
import { UploadOver } from '../uploads.ts'
import type { Reaction } from './reactions.ts'

/** After an outage of ours, a job is left alone for so long. */
const REST_MS = 30_000

/** What takes so long that the other reactions have no time to wait for it: its runs begin jobs, and do not wait for their end. */
export interface Beside extends Reaction {
  /** Ends what is under way, which begins anew wherever the service runs next. */
  stop(): Promise<void>
}

export interface Jobs<Job> {
  readonly name: string
  /** So many a node does at once. */
  readonly atOnce: number
  /** What is to be done; it may be under way already. */
  readonly due: (limit: number) => readonly Job[]
  /** What of it runs once at a time. */
  readonly keyOf: (job: Job) => string
  /** Aborted with UploadOver when the service stops. */
  readonly work: (job: Job, stopping: AbortSignal) => Promise<void>
}

/** Every node does it: whichever comes first with the ledger has the job. */
export const beside = <Job>({ logger }: Pick<Services, 'logger'>, jobs: Jobs<Job>): Beside => {
  const { name, atOnce, due, keyOf, work } = jobs
  const running = new Map<string, Promise<void>>()
  const resting = new Map<string, number>()
  const stopping = new AbortController()
  const doOne = async (job: Job): Promise<void> => {
    const key = keyOf(job)
    try {
      await work(job, stopping.signal)
    } catch (error) {
      resting.set(key, performance.now() + REST_MS)
      if (!stopping.signal.aborted)
        logger.error({ reaction: name, of: key, err: error }, 'A job failed and will be tried again.')
    } finally {
      running.delete(key)
    }
  }
  return {
    name,
    run: async () => {
      for (const [key, until] of resting) if (performance.now() >= until) resting.delete(key)
      for (const job of due(atOnce + running.size + resting.size)) {
        const key = keyOf(job)
        if (running.size < atOnce && !running.has(key) && !resting.has(key)) running.set(key, doOne(job))
      }
    },
    stop: async () => {
      stopping.abort(new UploadOver('The service is stopping.'))
      await Promise.all(running.values())
    },
  }
}

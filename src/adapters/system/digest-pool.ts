import { Worker } from 'node:worker_threads'
import type { Digester } from '../../application/ports/digester.ts'
import { Crew } from './digest-crew.ts'

export interface DigestPoolOptions {
  /** Threads that the four algorithms are spread over: 1 to 4. */
  readonly workers?: number
  /** How long workers are kept when there is nothing to do. */
  readonly idleMillis?: number
  readonly startWorker?: () => Worker
}

/**
 * Digests by worker threads: each stream's algorithms are spread over all of them, and any number of streams share them in
 * the order that their bytes come. The main thread does no more than copy bytes to shared memory, 2 MiB a stream at most.
 *
 * Workers are started by the first digest and ended when there was none for `idleMillis`. When one dies, the digests under
 * way reject, and the next one begins with new workers.
 */
export const createDigestPool = ({
  workers = 2,
  idleMillis = 5000,
  startWorker = () => new Worker(new URL('./digest-worker.ts', import.meta.url)),
}: DigestPoolOptions = {}): Digester => {
  let crew: Crew | null = null
  let idle: NodeJS.Timeout | undefined
  let closed = false
  // Crews on their way out, for close() to wait for.
  const ending = new Set<Promise<void>>()

  const end = (reason: Error): void => {
    clearTimeout(idle)
    const ended = crew?.end(reason)
    crew = null
    if (ended === undefined) return
    ending.add(ended)
    void ended.then(() => ending.delete(ended))
  }

  const endWhenIdle = (): void => {
    idle = setTimeout(() => end(new Error('The digest workers were idle')), idleMillis).unref()
  }

  return {
    begin: () => {
      if (closed) throw new Error('The digest pool is closed')
      clearTimeout(idle)
      crew ??= new Crew(Array.from({ length: workers }, startWorker), endWhenIdle, end)
      return crew.begin()
    },
    close: async () => {
      closed = true
      end(new Error('The digest pool is closed'))
      await Promise.all(ending)
    },
  }
}

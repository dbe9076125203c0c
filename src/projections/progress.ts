import type { Instant } from '../domain/kernel/instant.ts'
import type { Position } from '../domain/kernel/recorded.ts'

/** CATCHING_UP: not as new as the log yet, but on its way. LIVE: it was, and follows. STOPPED: until the next start. */
export type ProjectionState = 'CATCHING_UP' | 'LIVE' | 'STOPPED'

/** How a projection is doing, as /readyz shows it. */
export interface ProjectionStatus {
  readonly name: string
  readonly state: ProjectionState
  /** Of the last event applied and committed. */
  readonly position: Position
  /** Of the newest event that any projection has heard of. */
  readonly head: Position
  /** How much of the log is applied, 0 to 1, by positions: an estimate, for positions are sparse. */
  readonly progress: number
  /** Why it is stopped, or why it waits. */
  readonly reason?: string
  /** When it was LIVE last, where it was and is not. */
  readonly staleSince?: Instant
}

/** The projection has not come as far as was asked for in time, or will not before the next start. */
export class ProjectionBehind extends Error {
  override readonly name = 'ProjectionBehind'
  readonly projection: string
  /** How far it has come. */
  readonly position: Position
  readonly state: ProjectionState
  readonly reason: string | undefined

  constructor(
    status: Pick<ProjectionStatus, 'name' | 'state' | 'position'> & { readonly reason?: string | undefined },
    wanted: Position,
  ) {
    const why = status.reason === undefined ? '' : `: ${status.reason}`
    super(
      `The projection ${status.name} is ${status.state} at ${status.position}, not at ${wanted} yet${why}`,
    )
    this.projection = status.name
    this.position = status.position
    this.state = status.state
    this.reason = status.reason
  }
}

/** 0 to 1; an empty log is all applied. */
export const progressOf = (position: Position, head: Position): number =>
  position >= head ? 1 : Number(position) / Number(head)

interface Waiter {
  readonly position: Position
  readonly resolve: () => void
  readonly reject: (error: ProjectionBehind) => void
}

/** Those who wait for a projection to pass a position. */
export class Waiters {
  #waiting: Waiter[] = []

  /** Rejects with what `behind` makes after so many milliseconds. */
  wait(position: Position, timeoutMs: number, behind: () => ProjectionBehind): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        reject(behind())
      }, timeoutMs)
      const waiter: Waiter = {
        position,
        resolve: () => {
          clearTimeout(timer)
          resolve()
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      this.#waiting.push(waiter)
    })
  }

  /** The projection has come this far. */
  passed(position: Position): void {
    if (this.#waiting.length === 0) return
    const ready = this.#waiting.filter((waiter) => waiter.position <= position)
    this.#waiting = this.#waiting.filter((waiter) => waiter.position > position)
    for (const waiter of ready) waiter.resolve()
  }

  /** The projection will not go on. */
  giveUp(behind: (wanted: Position) => ProjectionBehind): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const waiter of waiting) waiter.reject(behind(waiter.position))
  }
}

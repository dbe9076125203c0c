import { setTimeout as sleep } from 'node:timers/promises'
import { decide as decideImage } from '../domain/image/decide.ts'
import { imageAggregate } from '../domain/image/state.ts'
import { right } from '../domain/kernel/fp.ts'
import type { ImageId, UploadId } from '../domain/kernel/ids.ts'
import { type Instant, instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import { decide, type UploadCommand } from '../domain/upload/decide.ts'
import type { UploadKind, UploadOutcome, UploadPiece } from '../domain/upload/events.ts'
import { type RunningUpload, uploadAggregate } from '../domain/upload/state.ts'
import type { Command } from './command.ts'
import type { Ledger } from './ledger.ts'
import { Lines } from './lines.ts'
import type { Clock } from './ports/clock.ts'

/** How far an upload has come. */
export interface UploadProgress {
  readonly stage: 'UPLOADING' | 'VERIFYING'
  readonly doneBytes: bigint
  /** Null where nobody said how many will come. */
  readonly totalBytes: bigint | null
}

/** A command of whoever brings the bytes. */
export type Author = (now: Instant) => Command

/** So often it is looked whether what is being received is still wanted. */
const LOOK_MS = 2_000
/** So often the ledger hears how far it has come; and without a word for so long, whoever received it is taken for dead. */
const TELL_MS = 10_000
export const SILENCE_MS = 30_000
/** The same beside an embedded ledger, where it is only to be told from what begins right now. */
const SILENCE_ALONE_MS = 2_000
/** After an outage, so often it is tried to end what could not be ended in it. */
const END_AGAIN_MS = 500

const OVER = 'The upload is over: its image takes no bytes, or another upload does.'

/** The upload is not to go on: its image takes no bytes any more, or somebody else has taken over. */
export class UploadOver extends Error {
  override readonly name = 'UploadOver'
}

export interface UploadsOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** No other process has this ledger: what this one does not receive, nobody does. */
  readonly alone: boolean
}

/**
 * Uploads under way: at most one an image, whichever node receives it, for the ledger holds who it is. Pieces of resumable uploads are
 * received by no one in particular; looking into them, once they are all there, is an upload's work again.
 */
export class Uploads {
  readonly #options: UploadsOptions
  /** What this process receives. */
  readonly #running = new Map<ImageId, Upload>()
  /** What it could not end, and will as soon as the ledger can be asked. */
  readonly #givenUp = new Set<UploadId>()
  /** By which it receives pieces. */
  readonly lines = new Lines()

  constructor(options: UploadsOptions) {
    this.#options = options
  }

  /** Null where another one is under way, which may wait to be resumed. */
  async begin(
    image: ImageId,
    kind: UploadKind,
    sizeBytes: bigint | null,
    author: Author,
  ): Promise<Upload | null> {
    const id = crypto.randomUUID() as UploadId
    const begun = await this.open(image, id, kind, sizeBytes, author).catch((error: unknown) => {
      // It may have begun all the same.
      this.#endSoon(image, id, author, 'BROKEN_OFF')
      throw error
    })
    return begun ? this.#receive(image, id, id, sizeBytes, author) : null
  }

  /** The same for what comes in pieces, of which nobody needs to be told that they are waited for. False: see begin. */
  async open(
    image: ImageId,
    upload: UploadId,
    kind: UploadKind,
    sizeBytes: bigint | null,
    author: Author,
  ): Promise<boolean> {
    const { ledger, clock } = this.#options
    const { running } = (await ledger.load(uploadAggregate, image)).state
    const insteadOf = running !== null && this.#isDead(image, running) ? running.upload : null
    const now = clock.now()
    const state = await this.#change(image, author, {
      type: 'Begin',
      upload,
      kind,
      sizeBytes,
      now,
      insteadOf,
    })
    return state.running?.upload === upload
  }

  /** A piece that is in the store follows upon those before it. Null where another one does, or the upload is over. */
  async addPiece(
    image: ImageId,
    upload: UploadId,
    piece: UploadPiece,
    author: Author,
  ): Promise<RunningUpload | null> {
    const now = this.#options.clock.now()
    const { running } = await this.#change(image, author, { type: 'ReceivePiece', upload, piece, now })
    const at = running?.pieces.findLast(({ offset }) => offset <= piece.offset)
    return running?.upload === upload && at?.blob === piece.blob ? running : null
  }

  /** Ends what still waits for bytes. False where all of them have come, and are being looked into. */
  async cancel(image: ImageId, upload: UploadId, author: Author): Promise<boolean> {
    const { running } = await this.#change(image, author, { type: 'Cancel', upload })
    return running?.upload !== upload
  }

  /** What was being sent by and by to an image that is no more ends with it; what comes whole is ended by who receives it. */
  async endWith(image: ImageId, author: Author): Promise<void> {
    const { running } = (await this.#options.ledger.load(uploadAggregate, image)).state
    if (running?.kind !== 'RESUMABLE') return
    await this.#change(image, author, { type: 'End', upload: running.upload, outcome: 'CANCELLED' })
  }

  /** Begins to look into what has come in pieces. Null where somebody does, or there is nothing to look into. */
  async verify(image: ImageId, upload: UploadId, author: Author): Promise<Upload | null> {
    const { ledger, clock } = this.#options
    const { running } = (await ledger.load(uploadAggregate, image)).state
    const insteadOf = running !== null && this.#isDead(image, running) ? running.verifiedBy : null
    const by = crypto.randomUUID() as UploadId
    const now = clock.now()
    const state = await this.#change(image, author, { type: 'Verify', upload, by, insteadOf, now })
    if (state.running?.verifiedBy !== by) return null
    const receiving = this.#receive(image, upload, by, state.running.sizeBytes, author)
    receiving.report({ stage: 'VERIFYING' })
    return receiving
  }

  /** Whoever was not heard of since then is taken for dead, unless this process is at it. */
  silentSince(): Instant {
    const { alone, clock } = this.#options
    return instantFromMillis(millisOf(clock.now()) - (alone ? SILENCE_ALONE_MS : SILENCE_MS))
  }

  /** How many this process receives. */
  get count(): number {
    return this.#running.size + this.lines.count
  }

  /** Null where this process receives nothing. */
  progressOf(image: ImageId): UploadProgress | null {
    return this.#running.get(image)?.progress ?? null
  }

  /** What this process receives and looks into is given up; it may go on wherever the service runs next. */
  async stop(): Promise<void> {
    const running = [...this.#running.values()]
    for (const upload of running) upload.stop('The service is stopping.')
    await Promise.all([this.lines.stop(), ...running.map(({ ended }) => ended)])
  }

  #receive(image: ImageId, id: UploadId, by: UploadId, sizeBytes: bigint | null, author: Author): Upload {
    const upload: Upload = new Upload({
      ...this.#options,
      image,
      id,
      by,
      totalBytes: sizeBytes,
      change: (command) => this.#change(image, author, command),
      endSoon: (outcome) => this.#endSoon(image, id, author, outcome),
      onEnd: () => {
        // Where it has ended, the next one may be there already.
        if (this.#running.get(image) === upload) this.#running.delete(image)
      },
    })
    this.#running.set(image, upload)
    return upload
  }

  async #change(image: ImageId, author: Author, command: UploadCommand) {
    const { ledger, clock } = this.#options
    const changed = await ledger.change(uploadAggregate, image, author(clock.now()), (state) =>
      right(decide(command, state)),
    )
    if (changed._tag === 'Left') throw new Error(changed.left.message)
    return changed.right.state
  }

  /** Nobody else need wait until it was silent for long. */
  #endSoon(image: ImageId, upload: UploadId, author: Author, outcome: UploadOutcome): void {
    this.#givenUp.add(upload)
    const end = async () => {
      for (let waitedMs = 0; waitedMs < SILENCE_MS; waitedMs += END_AGAIN_MS) {
        await sleep(END_AGAIN_MS, undefined, { ref: false })
        const ended = await this.#change(image, author, { type: 'End', upload, outcome }).catch(() => null)
        if (ended !== null) break
      }
      this.#givenUp.delete(upload)
    }
    void end()
  }

  /** What comes in pieces waits for as long as it takes; see the reaction that ends what waited too long. */
  #isDead(image: ImageId, { upload, kind, heardAt, verifiedBy }: RunningUpload): boolean {
    if (this.#givenUp.has(upload)) return true
    if (kind === 'RESUMABLE' && verifiedBy === null) return false
    const here = this.#running.get(image)
    if (here !== undefined && (here.by === upload || here.by === verifiedBy)) return false
    const { alone, clock } = this.#options
    return alone || millisOf(clock.now()) - millisOf(heardAt) >= SILENCE_MS
  }
}

interface Receiving {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly image: ImageId
  readonly id: UploadId
  readonly by: UploadId
  readonly totalBytes: bigint | null
  readonly change: (command: UploadCommand) => Promise<{ readonly running: RunningUpload | null }>
  readonly endSoon: (outcome: UploadOutcome) => void
  readonly onEnd: () => void
}

/** Bytes on their way to an image, in this process. */
export class Upload {
  readonly id: UploadId
  /** Whose the receiving is; of what came whole, the upload itself. */
  readonly by: UploadId
  progress: UploadProgress
  readonly #receiving: Receiving
  readonly #over = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #looking: NodeJS.Timeout
  #toldAt = performance.now()

  constructor(receiving: Receiving) {
    this.id = receiving.id
    this.by = receiving.by
    this.progress = { stage: 'UPLOADING', doneBytes: 0n, totalBytes: receiving.totalBytes }
    this.#receiving = receiving
    this.#looking = setInterval(() => void this.#look().catch(() => undefined), LOOK_MS).unref()
  }

  /** Aborts with UploadOver when there is no use in going on. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** Resolves when this process is done with it. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  report(progress: Partial<UploadProgress>): void {
    this.progress = { ...this.progress, ...progress }
  }

  /** Ends it in the ledger too, so that another may begin; where the ledger cannot be asked, as soon as it can. Never throws. */
  async end(outcome: UploadOutcome): Promise<void> {
    this.letGo()
    try {
      await this.#receiving.change({ type: 'End', upload: this.id, outcome })
    } catch {
      this.#receiving.endSoon(outcome)
    }
  }

  /** This process is done with it; in the ledger it stays as it is. */
  letGo(): void {
    clearInterval(this.#looking)
    this.#receiving.onEnd()
    this.#ended.resolve()
  }

  async #look(): Promise<void> {
    const { ledger, clock, image, change } = this.#receiving
    const { state } = await ledger.load(imageAggregate, image)
    if (decideImage({ type: 'FailCreation', code: '', message: '' }, state)._tag === 'Left')
      return this.stop(OVER)
    if (performance.now() - this.#toldAt < TELL_MS) return
    this.#toldAt = performance.now()
    const { doneBytes } = this.progress
    const told = { type: 'Continue', upload: this.id, doneBytes, now: clock.now() } as const
    const { running } = await change(told)
    if (running?.upload !== this.id || (running.verifiedBy ?? this.by) !== this.by) this.stop(OVER)
  }

  /** There is no use in going on, for this reason. */
  stop(message: string): void {
    this.#over.abort(new UploadOver(message))
  }
}

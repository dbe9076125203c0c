import { parentPort, workerData } from 'node:worker_threads'
import { judgeWithin, type Packed } from '../../../domain/formats/compression.ts'
import { type ContentRefusal, contentRefusal, type Detected } from '../../../domain/formats/content.ts'
import { beginInspection } from '../../../domain/formats/inspection.ts'
import { type Either, left } from '../../../domain/kernel/fp.ts'
import { Undecodable } from './decode.ts'
import { decoders } from './decoders.ts'
import { RingReader } from './ring.ts'

/** What a worker is started with: one image. */
export interface Job {
  readonly compression: Packed
  /** A ring: the compressed bytes come through it. */
  readonly memory: SharedArrayBuffer
  /** The most that may come out. */
  readonly maxBytes: bigint
}

export type WithinVerdict = Either<ContentRefusal, Detected>

/** From a worker: any number of `taken`, and one verdict. */
export type Report =
  | { readonly type: 'taken' }
  | { readonly type: 'verdict'; readonly verdict: WithinVerdict }

const carryOut = async (
  { compression, memory, maxBytes }: Job,
  report: (report: Report) => void,
): Promise<void> => {
  const input = new RingReader(memory, () => report({ type: 'taken' }))
  const inspection = beginInspection({ maxVirtualBytes: maxBytes })
  let said = false
  const say = (verdict: WithinVerdict): void => {
    if (!said) report({ type: 'verdict', verdict })
    said = true
  }
  const limit = Number(maxBytes)
  let out = 0
  const emit = (bytes: Uint8Array): void => {
    out += bytes.length
    // Whoever hears the verdict ends this thread.
    if (out > limit) say(left(tooMuch(maxBytes)))
    else inspection.push(bytes)
  }
  try {
    await decoders[compression](() => input.next(), emit)
    say(judgeWithin(compression, inspection.finish()))
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error
    say(left(error.refusal))
  }
}

const tooMuch = (maxBytes: bigint): ContentRefusal =>
  contentRefusal(
    'DECOMPRESSED_LIMIT',
    `The image decompresses to more than ${maxBytes} bytes, the most that a disk may have.`,
  )

if (parentPort !== null) {
  const port = parentPort
  void carryOut(workerData as Job, (report) => port.postMessage(report))
}

/** Reaches to the end of a VHDX region table (0x30000 + 64 KiB): no format fixes a place further in. */
export const HEAD_BYTES = 256 * 1024

/** The footer of a VMDK takes the last three sectors; that of a VHD takes one. */
export const TAIL_BYTES = 3 * 512

/** For all spans of one stream together, so that head, tail and spans stay under 512 KiB. */
export const SPANS_BYTES = 128 * 1024

/** A stretch of the stream beyond the head; `offset` and `length` in bytes. */
export interface Span {
  readonly offset: bigint
  readonly length: number
}

/** What was kept of a stream that has gone by. */
export interface Capture {
  /** How long the whole stream was. */
  readonly sizeBytes: bigint
  /** The first HEAD_BYTES; all of a shorter stream. */
  readonly head: Buffer
  /** The last TAIL_BYTES; all of a shorter stream. */
  readonly tail: Buffer
  /** The captured span of exactly this offset and length; null where it was not asked for, or did not come whole. */
  span(wanted: Span): Buffer | null
}

export interface Capturing {
  /** Takes the next bytes, and keeps no reference to them. */
  push(chunk: Uint8Array): void
  /** What was kept so far. */
  capture(): Capture
}

/**
 * Keeps the ends of a stream, and the spans that `wanted` asks for once it is given the full head: the same whatever the
 * chunks. Spans that begin within the head or exceed SPANS_BYTES in sum are left out.
 */
export const beginCapture = (wanted: (head: Buffer) => readonly Span[]): Capturing => {
  const head = Buffer.alloc(HEAD_BYTES)
  const tail = tailKeeper()
  let spans: readonly SpanKeeper[] = []
  // A number: exact up to 2^53, which no stream reaches.
  let position = 0

  const take = (bytes: Uint8Array): void => {
    if (position < HEAD_BYTES) head.set(bytes, position)
    else for (const span of spans) span.take(bytes, position)
    tail.take(bytes)
    position += bytes.length
    if (position === HEAD_BYTES) spans = affordable(wanted(head)).map(spanKeeper)
  }

  return {
    push: (chunk) => {
      // No piece crosses the head's end, so that spans are asked for at the same byte at every chunking.
      const inHead = Math.min(chunk.length, Math.max(0, HEAD_BYTES - position))
      if (inHead > 0) take(chunk.subarray(0, inHead))
      if (inHead < chunk.length) take(chunk.subarray(inHead))
    },
    capture: () => ({
      sizeBytes: BigInt(position),
      head: head.subarray(0, Math.min(position, HEAD_BYTES)),
      tail: tail.bytes(),
      span: ({ offset, length }) => spans.find((span) => span.is(offset, length))?.bytes() ?? null,
    }),
  }
}

const affordable = (spans: readonly Span[]): readonly Span[] => {
  let left = SPANS_BYTES
  return spans.filter(({ offset, length }) => {
    if (offset < BigInt(HEAD_BYTES) || offset > BigInt(Number.MAX_SAFE_INTEGER)) return false
    if (length <= 0 || length > left) return false
    left -= length
    return true
  })
}

interface SpanKeeper {
  take(bytes: Uint8Array, position: number): void
  is(offset: bigint, length: number): boolean
  bytes(): Buffer | null
}

const spanKeeper = (span: Span): SpanKeeper => {
  const kept = Buffer.alloc(span.length)
  const start = Number(span.offset)
  let filled = 0
  return {
    take: (bytes, position) => {
      const from = Math.max(0, start - position)
      if (from >= bytes.length || filled === kept.length) return
      const piece = bytes.subarray(from, from + kept.length - filled)
      kept.set(piece, filled)
      filled += piece.length
    },
    is: (offset, length) => offset === span.offset && length === span.length,
    bytes: () => (filled === kept.length ? kept : null),
  }
}

/** The last TAIL_BYTES in a buffer of twice that, moved to its front whenever it is full: cheap for tiny chunks too. */
const tailKeeper = (): { take(bytes: Uint8Array): void; bytes(): Buffer } => {
  const kept = Buffer.alloc(2 * TAIL_BYTES)
  let filled = 0
  return {
    take: (bytes) => {
      const last = bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES))
      if (filled + last.length > kept.length) {
        kept.copyWithin(0, filled - TAIL_BYTES, filled)
        filled = TAIL_BYTES
      }
      kept.set(last, filled)
      filled += last.length
    },
    bytes: () => kept.subarray(Math.max(0, filled - TAIL_BYTES), filled),
  }
}

/** Whether `magic` (latin1 text, or bytes) stands at `offset` in full. */
export const hasAt = (bytes: Buffer, offset: number, magic: string | Uint8Array): boolean => {
  const wanted = typeof magic === 'string' ? Buffer.from(magic, 'latin1') : magic
  return offset >= 0 && bytes.subarray(offset, offset + wanted.length).equals(wanted)
}

/** The bytes of this stretch, from the head or from the span that was asked for; null where they were not kept whole. */
export const bytesAt = (capture: Capture, { offset, length }: Span): Buffer | null =>
  offset + BigInt(length) <= BigInt(capture.head.length)
    ? capture.head.subarray(Number(offset), Number(offset) + length)
    : capture.span({ offset, length })

/** The first `length` bytes; what lies beyond the end of a short stream reads as zero. */
export const zeroPadded = (bytes: Buffer, length: number): Buffer => {
  const padded = Buffer.alloc(length)
  bytes.copy(padded, 0, 0, length)
  return padded
}

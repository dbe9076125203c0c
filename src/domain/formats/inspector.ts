import type { Either } from '../kernel/fp.ts'
import type { Capture, Span } from './capture.ts'
import type { Content, ContentRefusal } from './content.ts'

/**
 * What an inspector says of a stream: null where it is not of its format; else what it is, or why an image of this
 * format is refused. A refusal is a match too: a hostile header must never pass as some other format.
 */
export type Verdict = Either<ContentRefusal, Content> | null

/** Knows one format. Pure and total: whatever was captured, however short, it gives a verdict and never throws. */
export interface FormatInspector {
  /** What people call the format. */
  readonly name: string
  inspect(capture: Capture): Verdict
  /**
   * Only where the head points at what the verdict needs (VHDX keeps its metadata beyond it). Asked once, with the full
   * head; not asked where the stream is no longer than the head.
   */
  readonly spans?: (head: Buffer) => readonly Span[]
}

/** Why an image whose header is `header` is refused, or null where this rule holds. */
export type Rule<Header> = (header: Header, capture: Capture) => ContentRefusal | null

/** The refusal of the first of the rules, in their order, that does not hold; null where all of them do. */
export const firstRefusal = <Header>(
  rules: readonly Rule<Header>[],
  header: Header,
  capture: Capture,
): ContentRefusal | null => {
  for (const rule of rules) {
    const refusal = rule(header, capture)
    if (refusal !== null) return refusal
  }
  return null
}

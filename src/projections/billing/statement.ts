import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { Segment } from './life.ts'
import type { Charge } from './meter.ts'
import type { Price } from './prices.ts'

/**
 * What a sealed month is kept as: lines of JSON, first the month itself with everything that its lines refer to, then one
 * line an image, then one a correction. Whole numbers are text. It stands by itself, so that no later name, price or program
 * changes what was billed (BILLING.md, 14).
 */
export interface StatementHead {
  readonly version: 1
  readonly account: string
  readonly accountName: string
  readonly provider: string
  /** In milliseconds. */
  readonly month: number
  /** How much of the log it was reckoned from. */
  readonly position: string
  readonly prices: readonly Price[]
  readonly projects: Readonly<Record<string, string>>
  readonly locations: Readonly<Record<string, string>>
}

/** A charge of a whole month, with its price by id. */
export interface StatementLine extends Omit<Charge, 'price' | 'bucket' | 'month'> {
  readonly price: string | null
}

export interface StatementImage {
  readonly image: string
  /** By owner, '' being the account itself. */
  readonly names: Readonly<Record<string, string>>
  readonly location: string
  readonly segments: readonly Segment[]
  readonly lines: readonly StatementLine[]
}

/** What was learned late of an earlier month. */
export interface StatementCorrection {
  readonly image: string
  readonly name: string
  readonly location: string
  /** The month that it corrects, in milliseconds. */
  readonly month: number
  readonly project: string | null
  readonly price: string | null
  /** False where nobody ever said a size: hours alone change then. */
  readonly sizeKnown: boolean
  readonly hoursMs: bigint
  readonly byteMs: bigint
  readonly posted: bigint
  /** The event that it was learned by. */
  readonly cause: string
}

export type StatementPart = { readonly billed: StatementImage } | { readonly correction: StatementCorrection }

/** One line of a statement, with its end. The order of keys is that of the value: the same value gives the same bytes. */
export const encodeLine = (value: StatementHead | StatementPart): Uint8Array =>
  Buffer.from(
    `${JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part)).replace(separators, escaped)}\n`,
  )

/** What JSON may hold as it is, and readers of lines take for the end of one. */
const separators = /[\u2028\u2029]/g
const escaped = (separator: string): string => `\\u${separator.charCodeAt(0).toString(16)}`

// What is in the store under the hash that the ledger names was written by encodeLine: each part by its own shape, for a
// statement may have a hundred thousand.

const decodeHead = (line: string): StatementHead => {
  const head: Stored<StatementHead> = JSON.parse(line)
  if (head.version !== 1)
    throw new Error(`A statement is of version ${head.version}, which this program does not know`)
  const prices = head.prices.map((price) => ({
    ...price,
    rate: BigInt(price.rate),
    unitBytes: BigInt(price.unitBytes),
  }))
  return { ...head, prices }
}

const decodePart = (line: string): StatementPart => {
  const part: Stored<StatementPart> = JSON.parse(line)
  if ('correction' in part) return { correction: { ...part.correction, ...quantitiesOf(part.correction) } }
  const { billed } = part
  const segments = billed.segments.map((segment) => ({
    ...segment,
    sizeBytes: segment.sizeBytes === null ? null : BigInt(segment.sizeBytes),
  }))
  return {
    billed: { ...billed, segments, lines: billed.lines.map((of) => ({ ...of, ...quantitiesOf(of) })) },
  }
}

const quantitiesOf = ({ hoursMs, byteMs, posted }: Record<'hoursMs' | 'byteMs' | 'posted', string>) => ({
  hoursMs: BigInt(hoursMs),
  byteMs: BigInt(byteMs),
  posted: BigInt(posted),
})

/** A value as JSON has it: whole numbers as text. */
type Stored<Value> = Value extends bigint
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Stored<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Stored<Value[Key]> }
      : Value

/**
 * Reads a statement line by line. In the end its bytes must have been those of the hash that the ledger names: else it throws
 * StatementDamaged, and whoever read it so far has read nothing.
 */
export const readStatement = async (
  bytes: Readable,
  sha256: string,
): Promise<{
  readonly head: StatementHead
  readonly parts: AsyncIterable<StatementPart>
  /** For those who read no parts. */
  readonly close: () => void
}> => {
  const lines = createInterface({
    input: Readable.from(verified(bytes, sha256)),
    crlfDelay: Number.POSITIVE_INFINITY,
  })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) throw new Error('A statement is empty')
  const parts = async function* () {
    for await (const line of { [Symbol.asyncIterator]: () => lines }) yield decodePart(line)
  }
  return { head: decodeHead(first.value), parts: parts(), close: () => void bytes.destroy() }
}

/** What is kept of a sealed month is not what was sealed. */
export class StatementDamaged extends Error {
  override readonly name = 'StatementDamaged'
}

async function* verified(bytes: Readable, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest('hex') !== sha256)
    throw new StatementDamaged(`The statement ${sha256} is not what was sealed: restore it from a backup.`)
}

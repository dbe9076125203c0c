import { z } from 'zod'
import { MAX_BYTES } from '../domain/kernel/bytes.ts'
import { type Either, left, right } from '../domain/kernel/fp.ts'
import { type InvalidInput, invalidInputFrom } from '../domain/kernel/refusal.ts'

/**
 * What a mutation's input must be, in the words of its use case: the shapes that inputs share. GraphQL has coerced the
 * types before (Bytes to bigint, DateTime to Instant); rules on values are here and in the domain. A null is what is left
 * out, unless a field says that null clears it.
 */

// Control characters hide in terminals and logs, and half of a surrogate pair cannot be stored as UTF-8.
const controls = /[^\P{Cc}\t\n\r]/u
// What turns the direction of writing or takes no room makes one name look like another.
const disguises = /[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u
const lineBreaks = /[\t\n\r]/

const text = (max: number) =>
  z
    .string()
    .max(max, { error: ({ input }) => `must have at most ${max} characters, not ${String(input).length}` })
    .refine(
      (value) => value.isWellFormed() && !controls.test(value),
      'must be well-formed text without control characters',
    )
    .refine(
      (value) => !disguises.test(value),
      'must not turn the direction of writing, nor hold what takes no room',
    )

/** One line of 1 to `max` characters, not only blanks. */
export const line = (max: number) =>
  text(max).refine(
    (value) => value.trim() !== '' && !lineBreaks.test(value),
    'must be one line, and not blank',
  )

/** Text of several lines, up to `max` characters; may be empty. */
export const prose = text

export const bytes = z.bigint().min(0n, 'must not be negative').max(MAX_BYTES, `must be at most ${MAX_BYTES}`)

export const idempotencyKey = line(255).nullish()
export const reason = prose(1_000).nullish()
export const ifRevision = z.int().min(0, 'must not be negative').nullish()

export const imageLimit = z
  .int()
  .min(0, 'must not be negative: leave it out, or null, for no limit')
  .nullish()

/** Parses an input, or says for each thing that is wrong where it is and what would be right. */
export const parseInput = <Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): Either<InvalidInput, z.output<Schema>> => {
  const parsed = schema.safeParse(input)
  return parsed.success ? right(parsed.data) : left(invalidInputFrom(parsed.error))
}

import { z } from 'zod'

/** Numbers of bytes are bigint in the program and decimal strings in JSON: they may exceed 2^53. */
export const bytesSchema = z.codec(z.string().regex(/^(0|[1-9]\d{0,18})$/), z.bigint().nonnegative(), {
  decode: (text) => BigInt(text),
  encode: (bytes) => bytes.toString(),
})

/** The most that SQLite's and most languages' signed 64-bit integers hold: 2^63 - 1. */
export const MAX_BYTES = 2n ** 63n - 1n

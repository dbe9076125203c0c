import { z } from 'zod'
import { isCurrency } from '../domain/kernel/currency.ts'
import { parseDecimal, shortest } from '../domain/kernel/decimal.ts'

/** What money looks like in inputs. */

export const currency = z
  .string()
  .refine(isCurrency, 'must be a currency of ISO 4217 in capitals, such as EUR')

/** A decimal of at most so many decimals, not negative, as text; without zeros that say nothing: 0.050 is 0.05. */
export const decimal = (decimals: number, example: string) =>
  z.string().transform((text, context) => {
    const units = parseDecimal(text, decimals)
    if (units !== null) return shortest(units, 10n ** BigInt(decimals))
    context.addIssue({
      code: 'custom',
      message: `must be a decimal that is not negative, of at most 12 digits and ${decimals} decimals, such as ${example}`,
    })
    return z.NEVER
  })

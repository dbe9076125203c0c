/** Exact decimals as whole numbers of their last digit: 0.05 with 6 decimals is 50000n. No float comes near money. */

/** Rounds a fraction to a whole number, halves to the even one. `denominator` is positive. */
export const halfEven = (numerator: bigint, denominator: bigint): bigint => {
  const quotient = numerator / denominator
  const remainder = numerator - quotient * denominator
  const floor = remainder < 0n ? quotient - 1n : quotient
  const twice = 2n * (remainder < 0n ? remainder + denominator : remainder)
  if (twice < denominator) return floor
  return twice > denominator || floor % 2n !== 0n ? floor + 1n : floor
}

/** With exactly so many decimals: (12345n, 3) is 12.345. */
export const fixed = (units: bigint, decimals: number): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const sign = units < 0n ? '-' : ''
  return decimals === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-decimals)}`
}

/** The units that `fixed` made a text of. */
export const unitsOf = (text: string): bigint => BigInt(text.replace('.', ''))

/** A fraction in decimals, without zeros at its end; what does not come to an end is rounded to 12, half-even. */
export const shortest = (numerator: bigint, denominator: bigint): string => {
  if (numerator % denominator === 0n) return String(numerator / denominator)
  const decimals = decimalsOf(denominator / gcd(numerator < 0n ? -numerator : numerator, denominator))
  const kept = decimals ?? REPEATING_DECIMALS
  const text = fixed(halfEven(numerator * 10n ** BigInt(kept), denominator), kept)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

const REPEATING_DECIMALS = 12

/** How many decimals a reduced fraction with this denominator has; null where they never end. */
const decimalsOf = (denominator: bigint): number | null => {
  const without = (factor: bigint, from: bigint): readonly [bigint, number] => {
    let [rest, count] = [from, 0]
    while (rest % factor === 0n) [rest, count] = [rest / factor, count + 1]
    return [rest, count]
  }
  const [odd, twos] = without(2n, denominator)
  const [rest, fives] = without(5n, odd)
  return rest === 1n ? Math.max(twos, fives) : null
}

export const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

const form = /^\d{1,12}(?:\.(?<fraction>\d+))?$/

/** A decimal of at most so many decimals, not negative, as units of its last one. Null for anything else. */
export const parseDecimal = (text: string, decimals: number): bigint | null => {
  const match = form.exec(text)
  const fraction = match?.groups?.['fraction'] ?? ''
  if (match === null || fraction.length > decimals) return null
  return BigInt(text.replace('.', '')) * 10n ** BigInt(decimals - fraction.length)
}

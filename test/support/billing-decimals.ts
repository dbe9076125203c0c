import type { UsageLine } from '../../src/projections/billing/report.ts'

/** A decimal as units of its n-th place: ('0.05', 6) is 50000n. Throws where it has more places than that. */
export const unitsOf = (decimal: string, places: number): bigint => {
  const [whole = '', fraction = ''] = decimal.split('.')
  if (!/^-?\d+$/.test(whole) || fraction.length > places)
    throw new Error(`${decimal} is not what it should be`)
  return BigInt(whole + fraction.padEnd(places, '0'))
}

/** What lines come to, added up exactly. Amounts that are not known add nothing. */
export const sumOf = (lines: readonly UsageLine[]) => {
  const sum = (places: number, of: (line: UsageLine) => string | null) =>
    lines.reduce((total, line) => total + unitsOf(of(line) ?? '0', places), 0n)
  return {
    billedHours: sum(12, ({ billedHours }) => billedHours),
    byteHours: sum(12, ({ byteHours }) => byteHours),
    gbHours: sum(60, ({ gbHours }) => gbHours),
    gbMonths: sum(12, ({ gbMonths }) => gbMonths),
    amount: sum(18, ({ amount }) => amount),
  }
}

/** The same for lines that have something in common. What comes to nothing is left out. */
export const sumsBy = (lines: readonly UsageLine[], keyOf: (line: UsageLine) => unknown) => {
  const sums = [...Map.groupBy(lines, (line) => JSON.stringify(keyOf(line)))].map(
    ([key, group]) => [key, sumOf(group)] as const,
  )
  return Object.fromEntries(
    sums
      .filter(([, sum]) => Object.values(sum).some((each) => each !== 0n))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

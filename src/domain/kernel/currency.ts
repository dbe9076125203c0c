import iso4217 from 'currency-codes'

/** Currencies as ISO 4217 lists them. The runtime's own list follows another standard, and changes with its version. */

/** What people pay with: without metals, baskets and codes for tests. */
export const isCurrency = (code: string): boolean =>
  iso4217.code(code)?.code === code && iso4217.code(code)?.countries.every(isPlaceless) === false

/** The list gives these places of no country. */
const isPlaceless = (country: string): boolean => country.startsWith('Zz')

/** How many decimals a currency's minor unit has: 2 for EUR, 0 for JPY. Throws for what is no currency. */
export const minorDigits = (currency: string): number => {
  const digits = known.get(currency)
  if (digits === undefined) throw new Error(`${currency} is no currency of ISO 4217`)
  return digits
}

const known: ReadonlyMap<string, number> = new Map(iso4217.data.map(({ code, digits }) => [code, digits]))

import { releaseOf } from './names.ts'

/**
 * A text whose order is the order of versions: 1.10 after 1.9, 1.0 after 1.0-rc1 and before 1.0.1, dates by date.
 * Numbers are compared as numbers; a word after a number makes a pre-release of it, as in semantic versioning.
 * Of images with the same version, the release in their name decides (docs/adr/0006-names.md).
 * Images without a version come first.
 */
export const versionSortKey = (version: string | null, name: string): string =>
  `${keyOf(version ?? '')} ${keyOf(releaseOf(name))}`

const WORD = 'a'
const END = 'm'
const NUMBER = 'n'

const keyOf = (version: string): string => {
  if (version === '') return ''
  const parts = version.toLowerCase().match(/\d+|[a-z]+/g) ?? []
  return parts.map((part) => (/^\d/.test(part) ? numberKey(part) : `${WORD}${part}.`)).join('') + END
}

/** The number of digits goes first, so that the order of the texts is that of the numbers. */
const numberKey = (digits: string): string => {
  const significant = digits.replace(/^0+(?=\d)/, '')
  return `${NUMBER}${String(significant.length).padStart(2, '0')}${significant}`
}

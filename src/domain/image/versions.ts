import type { Instant } from '../kernel/instant.ts'
import { releaseOf } from './names.ts'

/**
 * A text whose order is the order of versions: 1.10 after 1.9, 1.0 after 1.0-rc1, and like 1.0.0, dates by date however they
 * are written, v1.10 like 1.10. Numbers are compared as numbers; a word after a number makes a pre-release of it, and what
 * comes after a plus does not count, as in semantic versioning. Of images with the same version the release in their name
 * decides, and then which was created later (docs/adr/0006-names.md). Images without a version come first.
 */
export const versionSortKey = (version: string | null, name: string, created: Instant): string =>
  `${keyOf(version ?? '')} ${keyOf(releaseOf(name))} ${created}`

const WORD = 'a'
const END = 'm'
const NUMBER = 'n'

const keyOf = (version: string): string => {
  if (version === '') return ''
  const [counting = ''] = version
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .split('+')
  const parts = counting.match(/\d+|[a-z]+/g) ?? []
  const firstWord = parts.findIndex((part) => !isNumber(part))
  const numbers = parts.slice(0, firstWord === -1 ? parts.length : firstWord).flatMap(datePartsOf)
  const rest = parts.slice(firstWord === -1 ? parts.length : firstWord)
  // 1.10.0 is 1.10: what follows on it is compared with what follows on that.
  while (numbers.length > 1 && /^0+$/.test(numbers.at(-1) ?? '')) numbers.pop()
  return (
    [...numbers, ...rest].map((part) => (isNumber(part) ? numberKey(part) : `${WORD}${part}.`)).join('') + END
  )
}

const isNumber = (part: string): boolean => /^\d/.test(part)

/** 20240112 is the date that 2024-01-12 is. */
const datePartsOf = (part: string): readonly string[] => {
  const date = /^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.exec(part)
  return date === null ? [part] : date.slice(1)
}

/** The number of digits goes first, so that the order of the texts is that of the numbers. */
const numberKey = (digits: string): string => {
  const significant = digits.replace(/^0+(?=\d)/, '')
  return `${NUMBER}${String(significant.length).padStart(2, '0')}${significant}`
}

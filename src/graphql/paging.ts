import type { PageRequest } from '../projections/catalog/list.ts'
import { badUserInput } from './errors.ts'

export const DEFAULT_PAGE = 25
export const LARGEST_PAGE = 100

export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** Reads Relay's four arguments. What is out of bounds is refused, never quietly clamped. */
export const pageOf = ({ first, after, last, before }: PageArgs): PageRequest => {
  if (isGiven(first) && isGiven(last))
    throw badUserInput('first and last exclude each other: give one of them.')
  const [name, size] = isGiven(last) ? (['last', last] as const) : (['first', first ?? DEFAULT_PAGE] as const)
  if (size < 1 || size > LARGEST_PAGE)
    throw badUserInput(`${name} must be 1 to ${LARGEST_PAGE}, not ${size}: page on with the cursors.`)
  return {
    size,
    walk: name === 'last' ? 'BACKWARD' : 'FORWARD',
    after: after ?? null,
    before: before ?? null,
  }
}

/** For the complexity of a list: what was asked for, within what can be answered. */
export const pageComplexity = ({ first, last }: PageArgs): { field: number; multiplier: number } => ({
  field: 5,
  multiplier: Math.max(1, Math.min(first ?? last ?? DEFAULT_PAGE, LARGEST_PAGE)),
})

const isGiven = (value: number | null | undefined): value is number => value !== null && value !== undefined

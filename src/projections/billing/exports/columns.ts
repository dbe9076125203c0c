import { stringify } from 'csv-stringify/sync'

/** How a column is filled from a row. Empty for what is null. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => string | number | null>>

/** The first line of a file: what the columns are called. */
export const headingOf = (columns: Columns<never>): string => lineOf(Object.keys(columns))

/** A row as a line of RFC 4180. */
export const csvOf = <Row>(columns: Columns<Row>, rows: readonly Row[]): string =>
  rows.map((row) => lineOf(Object.values(columns).map((cellOf) => cellOf(row)))).join('')

const lineOf = (values: readonly (string | number | null)[]): string =>
  stringify([[...values]], { record_delimiter: 'windows' })

/**
 * Text that people chose, for programs that take a cell which begins so for a formula: an apostrophe makes it text again.
 */
export const plain = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)

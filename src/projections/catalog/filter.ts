import type { Instant } from '../../domain/kernel/instant.ts'
import type { SqlValue } from '../projection.ts'

/** The contract's ImageFilter, with null and left out alike. */
export interface ImageFilter {
  readonly search?: string | null | undefined
  readonly name?: string | null | undefined
  readonly status?: readonly string[] | null | undefined
  readonly visibility?: readonly string[] | null | undefined
  readonly kind?: string | null | undefined
  readonly origin?: readonly string[] | null | undefined
  readonly os?: string | null | undefined
  readonly osFamily?: string | null | undefined
  readonly version?: string | null | undefined
  readonly arch?: string | null | undefined
  readonly family?: string | null | undefined
  readonly format?: readonly string[] | null | undefined
  readonly official?: boolean | null | undefined
  readonly tags?: readonly string[] | null | undefined
  readonly properties?: readonly { readonly name: string; readonly value: string }[] | null | undefined
  readonly minSizeBytes?: bigint | null | undefined
  readonly maxSizeBytes?: bigint | null | undefined
  readonly createdAfter?: Instant | null | undefined
  readonly createdBefore?: Instant | null | undefined
  readonly deprecated?: boolean | null | undefined
  readonly deactivated?: boolean | null | undefined
  /** The image that is named as their replacement. */
  readonly replacement?: string | null | undefined
}

export interface Condition {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

const anyOf = (column: string, values: readonly string[]): Condition => ({
  sql: `${column} IN (SELECT value FROM json_each(?))`,
  values: [JSON.stringify(values)],
})

const equal = (column: string, value: SqlValue): Condition => ({ sql: `${column} = ?`, values: [value] })

/** Which images a filter is about by their status: deleted ones only where they are asked for. */
export const statusesOf = ({
  status,
}: ImageFilter): { readonly present: boolean; readonly deleted: boolean } => ({
  present: status?.some((each) => each !== 'DELETED') ?? true,
  deleted: status?.includes('DELETED') ?? false,
})

/**
 * A filter as conditions on images, but for the search. All of the tags and properties must be there, any of the statuses and
 * so on; createdAfter is inclusive, createdBefore exclusive.
 */
export const conditionsOf = (filter: ImageFilter): readonly Condition[] => [
  ...some(filter.name, (name) => equal('name', name)),
  ...some(filter.status, (statuses) => anyOf('status', statuses)),
  ...some(filter.visibility, (visibilities) => anyOf('visibility', visibilities)),
  ...some(filter.kind, (kind) => equal('kind', kind)),
  ...some(filter.origin, (origins) => anyOf('origin', origins)),
  ...some(filter.os, (os) => equal('os', os)),
  ...some(filter.osFamily, (osFamily) => equal('os_family', osFamily)),
  ...some(filter.version, (version) => equal('version', version)),
  ...some(filter.arch, (arch) => equal('arch', arch)),
  ...some(filter.family, (family) => equal('family', family)),
  ...some(filter.format, (formats) => anyOf('format', formats)),
  ...some(filter.official, (official) => equal('official', Number(official))),
  ...(filter.tags ?? []).map((tag) => ({
    sql: 'EXISTS (SELECT 1 FROM json_each(images.tags) WHERE value = ?)',
    values: [tag],
  })),
  ...(filter.properties ?? []).map(({ name, value }) => ({
    sql: "EXISTS (SELECT 1 FROM json_each(images.properties) WHERE value ->> 'name' = ? AND value ->> 'value' = ?)",
    values: [name, value],
  })),
  ...some(filter.minSizeBytes, (bytes) => ({ sql: 'size_bytes >= ?', values: [bytes] })),
  ...some(filter.maxSizeBytes, (bytes) => ({ sql: 'size_bytes <= ?', values: [bytes] })),
  ...some(filter.createdAfter, (instant) => ({ sql: 'created_at >= ?', values: [instant] })),
  ...some(filter.createdBefore, (instant) => ({ sql: 'created_at < ?', values: [instant] })),
  ...some(filter.deprecated, (deprecated) => ({
    sql: deprecated ? 'deprecation_stage IS NOT NULL' : 'deprecation_stage IS NULL',
    values: [],
  })),
  ...some(filter.deactivated, (deactivated) => equal('deactivated', Number(deactivated))),
  ...some(filter.replacement, (replacement) => equal('replacement', replacement)),
]

const some = <Value>(
  value: Value | null | undefined,
  then: (value: Value) => Condition,
): readonly Condition[] => (value === null || value === undefined ? [] : [then(value)])

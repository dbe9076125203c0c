import type { ListedImages, ListScope } from '../../domain/access/lists.ts'
import type { SqlValue } from '../projection.ts'
import { type Condition, conditionsOf, type ImageFilter, statusesOf } from './filter.ts'
import { matchOf } from './search.ts'

/**
 * Where a list's images come from: `from` and `where` of a statement, with its values. Several may hold the same image; of
 * those that are `counted` each image is in one at most.
 */
export interface Source {
  readonly from: string
  readonly where: string
  readonly values: readonly SqlValue[]
}

/** Reads the search index newest first; the other orders sort what it gives. */
export const BY_SEARCH = 'images_search CROSS JOIN images ON images.row = images_search.rowid'

/**
 * The sources of a list. Where words are sought, the search index alone: it knows audiences. Else one a kind of audience,
 * each a stretch of an index in the order of the list, so that nobody else's images are looked at.
 */
export const sourcesOf = (scope: ListScope, filter: ImageFilter, counted: boolean): readonly Source[] => {
  const statuses = statusesOf(filter)
  const match = typeof filter.search === 'string' ? matchOf(filter.search, scope, statuses) : null
  const audiences = match === null ? audiencesOf(scope, filter, counted) : [searched(match, scope, statuses)]
  const conditions = conditionsOf(filter)
  return audiences.map(({ from, where, values }) => ({
    from,
    where: [where, ...conditions.map(({ sql }) => sql)].join(' AND '),
    values: [...values, ...conditions.flatMap((condition) => condition.values)],
  }))
}

type Statuses = ReturnType<typeof statusesOf>

/** Which stretches of present and deleted images an owner's list goes through. */
const stretches = ({ present, deleted }: Statuses): readonly string[] => [
  ...(present ? ['deleted = 0'] : []),
  ...(deleted ? ['deleted = 1'] : []),
]

const searched = (match: string, scope: ListScope, statuses: Statuses): Source => ({
  from: BY_SEARCH,
  // Audiences tell the deleted apart; operators have none.
  where: [
    'images_search MATCH ?',
    ...(scope === 'EVERYTHING' ? [`(${[...stretches(statuses), '0'].join(' OR ')})`] : []),
  ].join(' AND '),
  values: [match],
})

const audiencesOf = (scope: ListScope, filter: ImageFilter, counted: boolean): readonly Source[] => {
  const statuses = statusesOf(filter)
  if (scope === 'EVERYTHING')
    return stretches(statuses).map((where) => ({ from: 'images', where, values: [] }))
  const { own, usable } = scope
  const owned = [
    ...own.accounts.map((id) => ({ where: 'account = ?', id })),
    ...own.promoted.map((id) => ({ where: 'account = ? AND project IS NULL', id })),
    ...own.projects.map((id) => ({ where: 'project = ?', id })),
  ].flatMap(({ where, id }) =>
    stretches(statuses).map((stretch) => ({
      from: 'images',
      where: `${where} AND ${stretch}`,
      values: [id],
    })),
  )
  // What has a replacement is deprecated, and users list nothing that is.
  if (!statuses.present || typeof filter.replacement === 'string') return owned
  const promoted = usable.promoted.map((id) => ({
    from: 'images',
    where: 'account = ? AND project IS NULL AND deleted = 0 AND deprecation_stage IS NULL',
    values: [id],
  }))
  const beyond = counted ? [notAmong(scope)] : []
  return [...owned, ...promoted, ...accepted(usable, beyond), ...everybodys(usable, beyond)]
}

type Usable = ListedImages['usable']

const accepted = ({ acceptedBy, acceptedIn }: Usable, beyond: readonly Condition[]): readonly Source[] => {
  const recipients = [
    ...(acceptedBy.length > 0
      ? [{ sql: 'SELECT value FROM json_each(?)', value: JSON.stringify(acceptedBy) }]
      : []),
    ...(acceptedIn.length > 0
      ? [
          {
            sql: 'SELECT id FROM projects WHERE account IN (SELECT value FROM json_each(?))',
            value: JSON.stringify(acceptedIn),
          },
        ]
      : []),
  ]
  if (recipients.length === 0) return []
  const among = recipients.map(({ sql }) => sql).join(' UNION ')
  return [
    {
      // By id, and sorted then: through the index of the order it would look at everybody's images.
      from: 'images INDEXED BY images_id',
      where: [
        `id IN (SELECT image FROM shares WHERE status = 'ACCEPTED' AND shares.project IN (${among}))`,
        'deleted = 0 AND deprecation_stage IS NULL',
        ...beyond.map(({ sql }) => sql),
      ].join(' AND '),
      values: [...recipients.map(({ value }) => value), ...beyond.flatMap(({ values }) => values)],
    },
  ]
}

const everybodys = (usable: Usable, beyond: readonly Condition[]): readonly Source[] =>
  usable.everybodys
    ? [
        {
          from: 'images',
          where: ['everybodys', ...beyond.map(({ sql }) => sql)].join(' AND '),
          values: beyond.flatMap(({ values }) => values),
        },
      ]
    : []

/** Not among those of the owners that the list goes through already. */
const notAmong = ({ own, usable }: ListedImages): Condition => ({
  sql: `account NOT IN (SELECT value FROM json_each(?))
    AND iif(project IS NULL, account NOT IN (SELECT value FROM json_each(?)), project NOT IN (SELECT value FROM json_each(?)))`,
  values: [own.accounts, [...own.promoted, ...usable.promoted], own.projects].map((ids) =>
    JSON.stringify(ids),
  ),
})

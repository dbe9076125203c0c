import type { ListedImages, ListScope } from '../../domain/access/lists.ts'

/**
 * The full-text index. Besides the words of an image it holds a token for each audience that lists it, so that one query
 * gives the words within what the caller lists, and reads nobody else's. Deleted images have audiences of their own.
 */

const searchable = ['name', 'description', 'os', 'family', 'tags'] as const
/** Their names in the index, so that they are not taken for those of the table that it is read with. */
const indexed = searchable.map((column) => `${column}_words`)

/** Who lists an image: as its project, its account, the account that it was promoted to; as those who may use it; or all. */
const letters = {
  project: 'p',
  account: 'a',
  promoted: 'o',
  promotedUsable: 'u',
  recipient: 'r',
  recipientAccount: 't',
} as const
const EVERYBODY = 'everybody'

/** Ids become one token by their hexadecimal form, in which no x occurs. */
const token = (letter: string, deleted: boolean, id: string): string =>
  `${letter}${deleted ? 'x' : ''}${Buffer.from(id, 'utf8').toString('hex')}`

/** The same in SQL, of an expression. */
const sqlToken = (letter: string, id: string, deleted = "''"): string =>
  `'${letter}' || ${deleted} || lower(hex(${id}))`

const audienceOf = (image: string): string => {
  const deleted = `iif(${image}.deleted, 'x', '')`
  const recipients = (tokenOf: string, join = '') =>
    `SELECT group_concat(${tokenOf}, ' ') FROM shares ${join} WHERE shares.image = ${image}.id AND status = 'ACCEPTED'`
  const usable = (tokens: string) => `coalesce(iif(${image}.listed_to_users, ${tokens}, ''), '')`
  return [
    sqlToken(letters.account, `${image}.account`, deleted),
    `iif(${image}.project IS NULL, ${sqlToken(letters.promoted, `${image}.account`, deleted)}, ${sqlToken(letters.project, `${image}.project`, deleted)})`,
    usable(`iif(${image}.project IS NULL, ${sqlToken(letters.promotedUsable, `${image}.account`)}, '')`),
    usable(`(${recipients(sqlToken(letters.recipient, 'shares.project'))})`),
    usable(
      `(${recipients(sqlToken(letters.recipientAccount, 'projects.account'), 'JOIN projects ON projects.id = shares.project')})`,
    ),
    `iif(${image}.everybodys, '${EVERYBODY}', '')`,
  ].join(" || ' ' || ")
}

const columns = ['audience', ...indexed].join(', ')
const insertFrom = (image: string, from: string): string =>
  `INSERT INTO images_search (rowid, ${columns}) SELECT ${image}.row, ${audienceOf(image)}, ${searchable
    .map((column) => `${image}.${column}`)
    .join(', ')} FROM ${from};`

/** `id`: of an image, or a query that gives several. */
const reindex = (id: string): string => `
    DELETE FROM images_search WHERE rowid IN (SELECT row FROM images WHERE id IN (${id}));
    ${insertFrom('images', `images WHERE images.id IN (${id})`)}`

const changing = [...searchable, 'project', 'visibility', 'deprecation_stage', 'deleted'].join(', ')

/** Filled when the first catch-up is through, and kept up to date by triggers from then on. */
export const searchIndex = `
  CREATE VIRTUAL TABLE images_search USING fts5(
    ${columns}, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
  ${insertFrom('images', 'images')}
  CREATE TRIGGER images_search_insert AFTER INSERT ON images BEGIN
    ${insertFrom('images', 'images WHERE images.row = new.row')}
  END;
  CREATE TRIGGER images_search_update AFTER UPDATE OF ${changing} ON images BEGIN${reindex('new.id')}
  END;
  CREATE TRIGGER images_search_share AFTER UPDATE OF status ON shares
  WHEN (new.status = 'ACCEPTED') <> (old.status = 'ACCEPTED') BEGIN${reindex('new.image')}
  END;
  CREATE TRIGGER images_search_project AFTER INSERT ON projects BEGIN${reindex(
    "SELECT image FROM shares WHERE project = new.id AND status = 'ACCEPTED'",
  )}
  END;
`

/**
 * The query for what a list's audience may see of the words sought; null where no word is sought. Every word must be there; one
 * that ends in * need only begin a word. What is between blanks is one word or phrase (ubuntu-24.04).
 */
export const matchOf = (
  search: string,
  scope: ListScope,
  statuses: { readonly present: boolean; readonly deleted: boolean },
): string | null => {
  const words = search
    // FTS5 reads a query no further than a NUL.
    .split(/[\s\0]+/u)
    // What holds no letter and no digit stands in no index.
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .map((word) => `"${word.replaceAll('"', '""')}"${word.endsWith('*') ? '*' : ''}`)
  if (words.length === 0) return null
  const wanted = `{${indexed.join(' ')}} : (${words.join(' AND ')})`
  if (scope === 'EVERYTHING') return wanted
  const audience = tokensOf(scope, statuses).map((each) => `"${each}"`)
  return `audience : (${(audience.length > 0 ? audience : ['"nobody"']).join(' OR ')}) AND ${wanted}`
}

const tokensOf = (
  { own, usable }: ListedImages,
  { present, deleted }: { readonly present: boolean; readonly deleted: boolean },
): readonly string[] => {
  const each = (letter: string, ids: readonly string[], gone: boolean) =>
    ids.map((id) => token(letter, gone, id))
  const owned = (gone: boolean) => [
    ...each(letters.account, own.accounts, gone),
    ...each(letters.promoted, own.promoted, gone),
    ...each(letters.project, own.projects, gone),
  ]
  return [
    ...(deleted ? owned(true) : []),
    ...(present ? owned(false) : []),
    ...(present ? each(letters.promotedUsable, usable.promoted, false) : []),
    ...(present ? each(letters.recipient, usable.acceptedBy, false) : []),
    ...(present ? each(letters.recipientAccount, usable.acceptedIn, false) : []),
    ...(present && usable.everybodys ? [EVERYBODY] : []),
  ]
}

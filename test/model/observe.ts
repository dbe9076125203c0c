import { families, names } from './commands.ts'
import type { Watched } from './service.ts'
import { type List, listOf, type ShownImage, type View } from './views.ts'
import type { ModelImage } from './who.ts'
import { type Person, projectsAndNone, tokenOf } from './world.ts'

/** What the service shows to one caller, in the words of the model. */

interface Connection {
  readonly totalCount: number
  readonly nodes: readonly { readonly id: string }[]
}
interface Inbox {
  readonly nodes: readonly { readonly status: string; readonly image: { readonly id: string } }[]
}
interface Shown extends Omit<ShownImage, 'stage' | 'replacement' | 'project' | 'account' | 'shares'> {
  readonly deprecation: {
    readonly stage: string
    readonly replacement: { readonly id: string } | null
  } | null
  readonly project: { readonly id: string } | null
  readonly account: { readonly id: string } | null
  readonly shares: {
    readonly nodes: readonly { readonly status: string; readonly project: { readonly id: string } }[]
  }
}
type Found = { readonly id: string } | null

const scopes = ['*', ...projectsAndNone]
const inEach = (values: readonly string[]) =>
  projectsAndNone.flatMap((project) =>
    values.map((value) => ({ key: `${project}/${value}`, project, value })),
  )
const sought = { names: inEach(names), families: inEach(families) }

const listsText = scopes
  .map((scope, n) => {
    const of = scope === '*' ? '' : `project: "${scope}", `
    const inbox =
      scope === '*'
        ? ''
        : `i${n}: sharedWithMe(project: "${scope}", first: 100) { nodes { status image { id } } }`
    return `l${n}: images(${of}first: 100) { totalCount nodes { id } }
      d${n}: images(${of}first: 100, filter: { status: [DELETED] }) { totalCount nodes { id } } ${inbox}`
  })
  .join(' ')
const soughtText = [
  ...sought.names.map(
    ({ project, value }, n) => `n${n}: imageByName(project: "${project}", name: "${value}") { id }`,
  ),
  ...sought.families.map(
    ({ project, value }, n) => `f${n}: imageFamily(project: "${project}", family: "${value}") { id }`,
  ),
].join(' ')

const shownFields = `name status visibility scope protected deactivated
  deprecation { stage replacement { id } } project { id } account { id }
  shares(first: 20) { nodes { status project { id } } }`

export const observe = async (
  watched: Watched,
  person: Person,
  images: readonly ModelImage[],
): Promise<View> => {
  const { service } = watched
  const token = tokenOf(person)
  const ids = images.map((image) => watched.idOf(image))
  const labels = new Map(images.map((image) => [watched.idOf(image), image.label]))
  const labelOf = (id: string) => labels.get(id) ?? `unknown ${id}`
  const imagesText = ids.map((id, n) => `m${n}: image(id: "${id}") { ${shownFields} }`).join(' ')
  const [data, shown, contents] = await Promise.all([
    service.graphql<Record<string, Connection & Inbox & { id: string }>>(
      token,
      `{ ${listsText} ${soughtText} }`,
    ),
    service.graphql<Record<string, Shown | null>>(
      token,
      `{ none: image(id: "${watched.idOf(null)}") { ${shownFields} } ${imagesText} }`,
    ),
    Promise.all(ids.map((id) => contentStatus(watched, token, id))),
  ])
  const list = (alias: string): List => {
    const found = data[alias]
    return listOf(
      (found?.nodes ?? []).map(({ id }) => labelOf(id)),
      found?.totalCount,
    )
  }
  const byScope = <Value>(of: (n: number) => Value): Record<string, Value> =>
    Object.fromEntries(scopes.map((scope, n) => [scope, of(n)]))
  const byKey = (keys: readonly { readonly key: string }[], alias: string) =>
    Object.fromEntries(
      keys.map(({ key }, n) => {
        const found: Found = data[`${alias}${n}`] ?? null
        return [key, found === null ? null : labelOf(found.id)]
      }),
    )
  const byLabel = <Value>(of: (n: number) => Value): Record<string, Value> =>
    Object.fromEntries(images.map(({ label }, n) => [label, of(n)]))
  const { '*': _none, ...inboxes } = byScope((n) =>
    ((data[`i${n}`]?.nodes as Inbox['nodes'] | undefined) ?? [])
      .map(({ status, image }) => `${labelOf(image.id)} ${status}`)
      .sort(),
  )
  return {
    lists: byScope((n) => list(`l${n}`)),
    deleted: byScope((n) => list(`d${n}`)),
    images: byLabel((n) => shownIn(shown[`m${n}`] ?? null, labelOf)),
    inboxes,
    byName: byKey(sought.names, 'n'),
    byFamily: byKey(sought.families, 'f'),
    contents: byLabel((n) => contents[n] ?? 0),
  }
}

const shownIn = (image: Shown | null, labelOf: (id: string) => string): ShownImage | null => {
  if (image === null) return null
  const { deprecation, project, account, shares, ...rest } = image
  const replacement = deprecation?.replacement ?? null
  return {
    ...rest,
    stage: deprecation?.stage ?? null,
    replacement: replacement === null ? null : labelOf(replacement.id),
    project: project?.id ?? null,
    account: account?.id ?? null,
    shares: shares.nodes.map((each) => `${each.project.id} ${each.status}`).sort(),
  }
}

/** GET and HEAD answer alike. */
const contentStatus = async ({ service }: Watched, token: string, id: string): Promise<number> => {
  const [head, get] = await Promise.all([
    service.download(token, id, {}, 'HEAD'),
    service.download(token, id, {}, 'GET'),
  ])
  if (head.status !== get.status) throw new Error(`HEAD answers ${head.status}, GET ${get.status}`)
  return get.status
}

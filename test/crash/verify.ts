import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { StoredEvent } from '../../src/domain/kernel/recorded.ts'
import type { Client } from '../support/client.ts'
import { filesIn } from '../support/files.ts'
import { tokens } from '../support/tokens.ts'
import type { Known, Worker } from './worker.ts'

/** An image as the service shows it. */
interface Shown extends Known {
  readonly revision: number
  readonly revisions: readonly number[]
}

/** What the service does of its own accord, sooner or later. */
const ofService = ['ImageClaimAbandoned', 'ImageContentRemoved']

const page = `query ($after: String) {
  images(first: 50, after: $after, filter: { status: [CREATING, AVAILABLE, ERROR, DELETING, DELETED] }) {
    nodes { id name status os tags revision digests { algorithm hex } history(first: 100) { nodes { type revision } } }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Page {
  readonly images: {
    readonly nodes: readonly (Omit<Shown, 'sha256' | 'types' | 'revisions'> & {
      readonly digests: readonly { readonly algorithm: string; readonly hex: string }[]
      readonly history: { readonly nodes: readonly { readonly type: string; readonly revision: number }[] }
    })[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

/** Every image that there ever was, as an operator sees it. */
export const allImages = async (client: Client): Promise<ReadonlyMap<string, Shown>> => {
  const found = new Map<string, Shown>()
  for (let after: string | null = null, more = true; more; ) {
    const { images }: Page = await client.graphql<Page>(tokens.operator, page, { after })
    for (const { digests, history, ...image } of images.nodes)
      found.set(image.id, {
        ...image,
        sha256: digests.find(({ algorithm }) => algorithm === 'sha256')?.hex ?? null,
        types: history.nodes.map(({ type }) => type).filter((type) => !ofService.includes(type)),
        revisions: history.nodes.map(({ revision }) => revision),
      })
    more = images.pageInfo.hasNextPage
    after = images.pageInfo.endCursor
  }
  return found
}

/** The revisions of every stream are 0, 1, 2, … */
export const expectContiguous = (events: readonly StoredEvent[]): void => {
  const next = new Map<string, number>()
  for (const { stream, revision } of events) {
    if (revision !== (next.get(stream) ?? 0))
      throw new Error(`${stream} has no revision ${next.get(stream) ?? 0}`)
    next.set(stream, revision + 1)
  }
}

/**
 * Everything that was acknowledged is there, as it was acknowledged; what was in doubt was done wholly or not at all, and is
 * no longer in doubt where it was done.
 */
export const expectAcknowledged = (workers: readonly Worker[], shown: ReadonlyMap<string, Shown>): void => {
  const known = new Set<string>()
  for (const worker of workers) {
    for (const image of worker.images.values()) {
      known.add(image.id)
      const found = withoutRevisions(shown.get(image.id))
      const { doubt } = worker
      const done = doubt?.before?.id === image.id && found?.types.length === doubt.after.types.length
      expect(found).toStrictEqual(done ? doubt.after : image)
      if (done) worker.images.set(image.id, doubt.after)
    }
  }
  for (const { id, revision, revisions } of shown.values()) {
    if (revisions.length < 100) expect([id, revision]).toStrictEqual([id, revisions.length - 1])
    expect(revisions).toStrictEqual(revisions.map((_, n) => n))
  }
  const unborn = workers.flatMap(({ doubt }) =>
    doubt !== null && doubt.before === null ? [doubt.after.name] : [],
  )
  const strangers = [...shown.values()].filter(({ id }) => !known.has(id)).map(({ name }) => name)
  expect(strangers.filter((name) => !unborn.includes(name))).toStrictEqual([])
}

const withoutRevisions = (shown: Shown | undefined): Known | undefined => {
  if (shown === undefined) return undefined
  const { revision: _revision, revisions: _revisions, ...known } = shown
  return known
}

/** No two images that are not deleted have the same name; all of these are in one project. */
export const expectUniqueNames = (shown: ReadonlyMap<string, Shown>): void => {
  const names = [...shown.values()].filter(({ status }) => status !== 'DELETED').map(({ name }) => name)
  expect(names.filter((name, n) => names.indexOf(name) !== n)).toStrictEqual([])
}

/** The bytes of every AVAILABLE image are there and hash right, and no upload left anything unfinished. */
export const expectBytes = async (
  client: Client,
  directory: string,
  shown: ReadonlyMap<string, Shown>,
): Promise<void> => {
  expect(await filesIn(join(directory, 'blobs', 'tmp'))).toStrictEqual([])
  for (const { id, status, sha256 } of shown.values()) {
    if (status !== 'AVAILABLE') continue
    const { status: code, body } = await client.download(tokens.operator, id)
    const hash = createHash('sha256').update(body).digest('hex')
    expect([id, code, hash]).toStrictEqual([id, 200, sha256])
  }
}

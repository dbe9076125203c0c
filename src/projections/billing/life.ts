/**
 * The life of one image as billing sees it: the stretches of time in which nothing that counts changed (BILLING.md, 3 to 5,
 * 10 and 12). Pure: the same facts in any order, and however often, give the same segments.
 */

/** What happened to one image. `revision`: its place in the stream, for facts of one instant. */
export type Fact = { readonly id: string; readonly at: number; readonly revision: number } & (
  | { readonly type: 'AVAILABLE'; readonly project: string | null; readonly sizeBytes: bigint | null }
  | { readonly type: 'SIZE_REPORTED'; readonly sizeBytes: bigint; readonly effectiveAt: number | null }
  | { readonly type: 'MOVED'; readonly project: string | null }
  | { readonly type: 'DELETED' }
  | { readonly type: 'RESTORED' }
)

/** A stretch of unchanged size and owner, `[from, to)` in milliseconds. */
export interface Segment {
  /** A: when the image became available. Its hours begin at A, A + 1 h, … */
  readonly start: number
  readonly from: number
  /** Null while it goes on. */
  readonly to: number | null
  /** Null for the account's own. */
  readonly project: string | null
  /** Null while nobody has said. */
  readonly sizeBytes: bigint | null
  /** The facts that opened and closed it. */
  readonly openedBy: string
  readonly closedBy: string | null
}

/** The segments of an image, in the order of time. None for one that never became available. */
export const segmentsOf = (facts: readonly Fact[]): readonly Segment[] => {
  const ordered = [...new Map(facts.map((fact) => [fact.id, fact])).values()].sort(
    (a, b) => a.at - b.at || a.revision - b.revision,
  )
  const available = ordered.find((fact) => fact.type === 'AVAILABLE')
  if (available === undefined) return []
  const start = available.at
  const end = endOf(ordered)
  const owners: readonly Change<string | null>[] = [
    { at: start, value: available.project, by: available.id },
    ...ordered.flatMap((fact) =>
      fact.type === 'MOVED' ? [{ at: Math.max(fact.at, start), value: fact.project, by: fact.id }] : [],
    ),
  ]
  const sizes = sizesOf(available, ordered)
  const cuts = [...new Set([...owners, ...sizes].map(({ at }) => at))].sort((a, b) => a - b)
  return cuts.flatMap((from, index): readonly Segment[] => {
    const to = earlier(cuts[index + 1] ?? null, end?.at ?? null)
    if (to !== null && to <= from) return []
    const owner = valueAt(owners, from)
    const size = valueAt(sizes, from)
    const closing = to !== null && to === end?.at ? end.by : (byAt(owners, to) ?? byAt(sizes, to))
    return [
      {
        start,
        from,
        to,
        project: owner.value,
        sizeBytes: size.value,
        openedBy: owner.at === from ? owner.by : size.by,
        closedBy: closing,
      },
    ]
  })
}

interface Change<Value> {
  readonly at: number
  readonly value: Value
  readonly by: string
}

/** The deletion that stands: a restore takes back the one before it, and what is deleted is not deleted again. */
const endOf = (ordered: readonly Fact[]): { readonly at: number; readonly by: string } | null => {
  let end: { at: number; by: string } | null = null
  for (const fact of ordered) {
    if (fact.type === 'DELETED') end ??= { at: fact.at, by: fact.id }
    if (fact.type === 'RESTORED') end = null
  }
  return end
}

/** The first size that anybody knows counts from the start on; later ones from when they say, or were said. */
const sizesOf = (
  available: Extract<Fact, { type: 'AVAILABLE' }>,
  ordered: readonly Fact[],
): readonly Change<bigint | null>[] => {
  const reported = ordered.filter((fact) => fact.type === 'SIZE_REPORTED')
  const known = available.sizeBytes !== null && available.sizeBytes > 0n
  const [first, ...later] = known ? [undefined, ...reported] : reported
  const opening: Change<bigint | null> =
    known || first === undefined
      ? { at: available.at, value: known ? available.sizeBytes : null, by: available.id }
      : { at: available.at, value: first.sizeBytes, by: first.id }
  return [
    opening,
    ...later
      .filter((fact) => fact !== undefined)
      .map(({ at, effectiveAt, sizeBytes, id }) => ({
        at: Math.max(effectiveAt ?? at, available.at),
        value: sizeBytes,
        by: id,
      })),
  ]
}

/** The last change that is not after an instant; of those of one instant the one that was told last. */
const valueAt = <Value>(changes: readonly Change<Value>[], at: number): Change<Value> =>
  changes.reduce((held, change) => (change.at <= at && change.at >= held.at ? change : held))

const byAt = (changes: readonly Change<unknown>[], at: number | null): string | null =>
  changes.findLast((change) => change.at === at)?.by ?? null

const earlier = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b)

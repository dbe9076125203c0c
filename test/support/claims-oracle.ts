import type { JsonObject } from '../../src/domain/kernel/event.ts'
import type { StoredEvent } from '../../src/domain/kernel/recorded.ts'

interface Claim {
  readonly image: string
  readonly name: string
}

interface LiveImage {
  readonly claim: string
  readonly name: string
}

/**
 * Reads the whole log as an auditor would, event by event and without the program's own folding, and says what is wrong
 * with names, claims and places at any moment. For one account with one project and a limit that does not change.
 */
export const auditClaims = (
  events: readonly StoredEvent[],
  { limit, final }: { readonly limit: number | null; readonly final: boolean },
): readonly string[] => {
  const claims = new Map<string, Claim>()
  const images = new Map<string, LiveImage>()
  const wrong: string[] = []
  for (const event of events) {
    follow(claims, images, event)
    for (const what of wrongNow(claims, images, limit))
      wrong.push(`at ${event.position}, after ${event.type} of ${event.stream}: ${what}`)
  }
  return final ? [...wrong, ...leftOver(claims, images)] : wrong
}

const idOf = ({ stream }: StoredEvent): string => stream.slice(stream.indexOf('-') + 1)
const text = (data: JsonObject, key: string): string => String(data[key])

const follow = (claims: Map<string, Claim>, images: Map<string, LiveImage>, event: StoredEvent): void => {
  const { type, data } = event
  switch (type) {
    case 'ImageNameClaimed':
      claims.set(text(data, 'claimId'), { image: text(data, 'imageId'), name: text(data, 'name') })
      return
    case 'ImageNameReleased':
      claims.delete(text(data, 'claimId'))
      return
    case 'ImageRegistered':
    case 'ImageRenamed':
      images.set(idOf(event), { claim: text(data, 'claimId'), name: text(data, 'name') })
      return
    case 'ImageDeleted':
      images.delete(idOf(event))
      return
  }
}

/** What must hold at every moment, with commands under way too. */
const wrongNow = (
  claims: ReadonlyMap<string, Claim>,
  images: ReadonlyMap<string, LiveImage>,
  limit: number | null,
): readonly string[] => {
  const wrong: string[] = []
  const names = [...images.values()].map(({ name }) => name)
  if (new Set(names).size < names.length) wrong.push(`two live images have one name: ${names.join(', ')}`)
  const claimed = [...claims.values()].map(({ name }) => name)
  if (new Set(claimed).size < claimed.length) wrong.push(`two claims hold one name: ${claimed.join(', ')}`)
  const places = new Set([...claims.values()].map(({ image }) => image)).size
  if (limit !== null && places > limit) wrong.push(`${places} places are taken of ${limit}`)
  for (const [image, { claim, name }] of images) {
    const held = claims.get(claim)
    if (held?.image !== image || held.name !== name) wrong.push(`${image} does not hold its name ${name}`)
  }
  return wrong
}

/** What must hold once everything has come to rest and was repaired: exactly one claim for each live image. */
const leftOver = (
  claims: ReadonlyMap<string, Claim>,
  images: ReadonlyMap<string, LiveImage>,
): readonly string[] =>
  [...claims].flatMap(([id, { image, name }]) =>
    images.get(image)?.claim === id ? [] : [`the claim ${id} on ${name} for ${image} has no owner`],
  )

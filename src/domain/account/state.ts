// A persistent map, because an account may hold a million claims and folding must not copy them for every event
// (docs/adr/0007-libraries.md).
import Immutable from 'immutable'
import { z } from 'zod'
import type { Aggregate } from '../kernel/aggregate.ts'
import { unreachable } from '../kernel/brand.ts'
import type { ClaimId, ImageId } from '../kernel/ids.ts'
import { type AccountEvent, accountEvents, type NameScope } from './events.ts'

/** A name held for an image. */
export interface Claim {
  readonly claimId: ClaimId
  readonly imageId: ImageId
  readonly scope: NameScope
  readonly name: string
}

export interface AccountState {
  readonly exists: boolean
  /** Null: no limit. */
  readonly imageLimit: number | null
  /** Whether its admins may make its images public or community themselves. */
  readonly mayPublish: boolean
  readonly claims: Immutable.Map<ClaimId, Claim>
  /** By nameKey: who holds it. */
  readonly names: Immutable.Map<string, ClaimId>
  /** How many names each image holds: one, or two while it changes its name. Each image takes one place. */
  readonly places: Immutable.Map<ImageId, number>
}

/** What makes a name unique. Project ids have no slash. */
export const nameKey = (scope: NameScope, name: string): string =>
  scope.kind === 'PROJECT' ? `project/${scope.project}/${name}` : `account/${name}`

/** The claim on a name, if anybody holds it. */
export const claimOn = (state: AccountState, scope: NameScope, name: string): Claim | undefined => {
  const claimId = state.names.get(nameKey(scope, name))
  return claimId === undefined ? undefined : state.claims.get(claimId)
}

const initial: AccountState = {
  exists: false,
  imageLimit: null,
  mayPublish: false,
  claims: Immutable.Map(),
  names: Immutable.Map(),
  places: Immutable.Map(),
}

const hold = (state: AccountState, claim: Claim): AccountState => ({
  ...state,
  claims: state.claims.set(claim.claimId, claim),
  names: state.names.set(nameKey(claim.scope, claim.name), claim.claimId),
  places: state.places.update(claim.imageId, 0, (count) => count + 1),
})

const letGo = (state: AccountState, claim: Claim): AccountState => {
  if (!state.claims.has(claim.claimId)) return state
  const count = state.places.get(claim.imageId, 0) - 1
  return {
    ...state,
    claims: state.claims.delete(claim.claimId),
    names: state.names.delete(nameKey(claim.scope, claim.name)),
    places: count > 0 ? state.places.set(claim.imageId, count) : state.places.delete(claim.imageId),
  }
}

const evolve = (state: AccountState, event: AccountEvent): AccountState => {
  switch (event.type) {
    case 'AccountCreated':
      return { ...state, exists: true, imageLimit: event.data.imageLimit }
    case 'AccountImageLimitSet':
      return { ...state, imageLimit: event.data.limit }
    case 'AccountMayPublishSet':
      return { ...state, mayPublish: event.data.mayPublish }
    case 'ImageNameClaimed':
      return hold(state, event.data)
    case 'ImageNameReleased':
      return letGo(state, event.data)
    default:
      return unreachable(event)
  }
}

const stored = z.object({
  exists: z.boolean(),
  imageLimit: z.number().nullable(),
  mayPublish: z.boolean(),
  claims: z.array(z.custom<Claim>()),
})

export const accountAggregate: Aggregate<AccountState, AccountEvent> = {
  category: 'account',
  definitions: accountEvents,
  initial,
  evolve,
  snapshot: {
    version: 2,
    encode: ({ exists, imageLimit, mayPublish, claims }) => ({
      exists,
      imageLimit,
      mayPublish,
      claims: [...claims.values()].map((claim) => ({ ...claim, scope: { ...claim.scope } })),
    }),
    decode: (json) => {
      const { claims, ...kept } = stored.parse(json)
      return claims.reduce(hold, { ...initial, ...kept })
    },
    weight: (state) => state.claims.size,
  },
}

import fc from 'fast-check'
import { type Asked, onImage, onOffer } from './asked.ts'
import type { Model } from './model.ts'
import {
  ADMIN,
  asOwner,
  COLLABORATOR,
  inAccount,
  inProject,
  type ModelImage,
  type Visibility,
} from './who.ts'
import {
  accountOf,
  accounts,
  accountsAndNone,
  operator,
  type Person,
  people,
  projects,
  projectsAndNone,
} from './world.ts'

/** Random commands. What they are about is settled when they are sent, so that most of them are about what there is then. */

/** An image by its place among those that are there, that wait for bytes or that are deleted, or an id that none has. */
interface SomeImage {
  readonly among: 'PRESENT' | 'CREATING' | 'DELETED' | 'NONE'
  readonly at: number
}

/** Somebody who may (owner or recipient), the operator, or anybody at all. */
interface Somebody {
  readonly as: 'OWNER' | 'RECIPIENT' | 'OPERATOR' | 'ANYBODY'
  readonly at: number
}

/** An offer by its place among those that were ever made, or any image and project. */
type SomeOffer =
  | { readonly offer: number }
  | { readonly offer: null; readonly image: SomeImage; readonly project: string }

/** A command before it is settled; `days` count from the day on which it is sent. */
type Draft =
  | { kind: 'imageCreate'; project: string; name: string; visibility: Visibility; protected: boolean }
  | { kind: 'upload'; image: SomeImage; fit: boolean }
  | { kind: 'imageUpdate'; image: SomeImage; name?: string; protected?: boolean }
  | { kind: (typeof onImage)[number]; image: SomeImage }
  | { kind: 'imageSetVisibility'; image: SomeImage; visibility: Visibility }
  | {
      kind: 'imageShare'
      image: SomeImage
      project: string
      message: string | null
      days: number | null
    }
  | { kind: (typeof onOffer)[number]; of: SomeOffer }
  | { kind: 'imageDemote'; image: SomeImage; project: string }
  | {
      kind: 'imageDeprecate'
      image: SomeImage
      replacement: SomeImage | null
      obsoleteIn: number | null
      deleteIn: number | null
    }
  | { kind: 'accountSetMayPublish'; account: string; mayPublish: boolean }
  | { kind: 'accountSetImageLimit'; account: string; limit: number | null }

export type Step =
  | { readonly kind: 'command'; readonly by: Somebody; readonly draft: Draft; readonly watchers: number }
  | { readonly kind: 'a day passes' }

const kind = <Kind>(value: Kind) => fc.constant(value)
const at = fc.nat({ max: 999 })
const oneOf = (likely: 'PRESENT' | 'CREATING'): fc.Arbitrary<SomeImage> =>
  fc.record({
    among: fc.oneof(
      { weight: 22, arbitrary: fc.constant(likely) },
      { weight: 3, arbitrary: fc.constant('DELETED' as const) },
      { weight: 1, arbitrary: fc.constant('NONE' as const) },
    ),
    // Mostly the same two, so that much happens to them.
    at: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 1 }) }, { weight: 2, arbitrary: at }),
  })
const image = oneOf('PRESENT')
// Few names and mostly one account, so that images meet.
const [web = '', ops = ''] = projects
const project = fc.constantFrom(...projects, web, web, web, ops, ops, ops, ...projectsAndNone)
/** Of conventional names two families. */
export const families = ['deb-12-base', 'deb-12-web']
export const names = ['deb-12-base-v1.9', 'deb-12-base-v1.10', 'deb-12-web-v1.0', 'plain', 'other']
const name = fc.oneof(
  { weight: 25, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.constant('No Name') },
)
const visibility = fc.constantFrom<Visibility>('PRIVATE', 'SHARED', 'COMMUNITY', 'PUBLIC')
const offer: fc.Arbitrary<SomeOffer> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ offer: at }) },
  { weight: 1, arbitrary: fc.record({ offer: fc.constant(null), image, project }) },
)
const somebody = (likely: 'OWNER' | 'RECIPIENT'): fc.Arbitrary<Somebody> =>
  fc.record({
    as: fc.oneof(
      { weight: 8, arbitrary: fc.constant(likely) },
      { weight: 2, arbitrary: fc.constant('OPERATOR' as const) },
      { weight: 3, arbitrary: fc.constant('ANYBODY' as const) },
    ),
    at,
  })
const surely = (as: 'OWNER'): fc.Arbitrary<Somebody> => fc.record({ as: kind(as), at })
const rarely = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: value })
const days = rarely(fc.integer({ min: 1, max: 2 }))

const created = fc.record({
  kind: kind('imageCreate' as const),
  project,
  name,
  visibility: fc.oneof({ weight: 4, arbitrary: fc.constant('PRIVATE' as const) }, visibility),
  protected: fc.constantFrom(false, false, false, false, true),
})
const uploaded = fc.record({
  kind: kind('upload' as const),
  image: oneOf('CREATING'),
  fit: fc.constantFrom(true, true, true, false),
})
const shared = fc.record({
  kind: kind('imageShare' as const),
  image,
  project,
  message: rarely(fc.constant('Yours to use.')),
  days,
})

const drafts: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 6, arbitrary: created },
  { weight: 5, arbitrary: uploaded },
  {
    weight: 4,
    arbitrary: fc.record(
      { kind: kind('imageUpdate' as const), image, name, protected: fc.boolean() },
      { requiredKeys: ['kind', 'image'] },
    ),
  },
  {
    weight: 18,
    arbitrary: fc.record({
      kind: fc.constantFrom(...onImage, ...onImage, 'imageDelete', 'imageRestore'),
      image,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: kind('imageSetVisibility' as const), image, visibility }) },
  { weight: 9, arbitrary: shared },
  { weight: 3, arbitrary: fc.record({ kind: kind('imageDemote' as const), image, project }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('imageDeprecate' as const),
      image,
      replacement: rarely(image),
      obsoleteIn: fc.constantFrom(1, 2, null),
      deleteIn: days,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('accountSetMayPublish' as const),
      account: fc.constantFrom(...accounts, ...accountsAndNone),
      mayPublish: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('accountSetImageLimit' as const),
      account: fc.constantFrom(...accounts, ...accountsAndNone),
      limit: fc.constantFrom(-1, 0, 1, 2, 3, null),
    }),
  },
)
const answers: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom(...onOffer, 'imageShareAccept' as const),
  of: offer,
})

const sent = (draft: fc.Arbitrary<Draft>, by = somebody('OWNER')): fc.Arbitrary<Step> =>
  fc.record({ kind: kind('command' as const), by, draft, watchers: at })

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 50, arbitrary: sent(drafts) },
  { weight: 12, arbitrary: sent(answers, somebody('RECIPIENT')) },
  { weight: 2, arbitrary: fc.record({ kind: kind('a day passes' as const) }) },
)

/** A few images first, mostly with bytes, and offers, for the rest to be about. */
export const stepsOf = (length: number): fc.Arbitrary<readonly Step[]> =>
  fc
    .tuple(
      fc.array(sent(created, surely('OWNER')), { minLength: 4, maxLength: 5 }),
      fc.array(sent(uploaded, surely('OWNER')), { minLength: 4, maxLength: 4 }),
      fc.array(sent(shared, surely('OWNER')), { minLength: 2, maxLength: 3 }),
      fc.array(anyStep, { minLength: length, maxLength: length }),
    )
    .map((parts) => parts.flat())

const pick = <Value>(values: readonly Value[], place: number): Value | null =>
  values[place % Math.max(values.length, 1)] ?? null

/** What a command comes to, as things stand in the model. */
export const settle = (model: Model, { draft }: Extract<Step, { kind: 'command' }>): Asked => {
  const found = (some: SomeImage): ModelImage | null => {
    if (some.among === 'NONE') return null
    const present = model.images.filter(({ status }) => status !== 'DELETED')
    const likely = model.images.filter(({ status }) => status === some.among)
    return pick(some.among === 'PRESENT' ? present : likely, some.at) ?? pick(model.images, some.at)
  }
  const on = (days: number | null) => (days === null ? null : model.day + days)
  switch (draft.kind) {
    case 'imageCreate':
    case 'accountSetMayPublish':
    case 'accountSetImageLimit':
      return draft
    case 'imageUnshare':
    case 'imageShareAccept':
    case 'imageShareReject': {
      const { kind, of } = draft
      if (of.offer === null) return { kind, image: found(of.image), project: of.project }
      const offers = model.images.flatMap((image) =>
        [...image.shares.keys()].map((project) => ({ image, project })),
      )
      return { kind, ...(pick(offers, of.offer) ?? { image: null, project: web }) }
    }
    case 'imageShare': {
      const { days, ...rest } = draft
      return { ...rest, image: found(draft.image), expiresOn: on(days) }
    }
    case 'imageDeprecate': {
      const { kind, image, replacement, obsoleteIn, deleteIn } = draft
      return {
        kind,
        image: found(image),
        replacement: replacement === null ? undefined : found(replacement),
        obsoleteOn: on(obsoleteIn),
        deleteOn: on(deleteIn),
      }
    }
    default:
      return { ...draft, image: found(draft.image) }
  }
}

/** Who sends it. Of those who may, as far as there are any. */
export const sender = ({ by }: Extract<Step, { kind: 'command' }>, asked: Asked): Person => {
  if (by.as === 'OPERATOR') return operator
  const likely = by.as === 'ANYBODY' ? [] : people.filter((person) => isLikely(person, by.as, asked))
  return pick(likely, by.at) ?? pick(people, by.at) ?? operator
}

const isLikely = (person: Person, as: Somebody['as'], asked: Asked): boolean => {
  if ('account' in asked) return person === operator
  const account = 'project' in asked ? accountOf.get(asked.project) : asked.image?.account
  if ('visibility' in asked && (asked.visibility === 'COMMUNITY' || asked.visibility === 'PUBLIC'))
    return inAccount(person, account) >= ADMIN
  if (person === operator) return false
  if (asked.kind === 'imagePromote' || asked.kind === 'imageDemote')
    return inAccount(person, asked.image?.account) >= COLLABORATOR
  if (as === 'RECIPIENT' || asked.kind === 'imageCreate')
    return 'project' in asked && inProject(person, asked.project) >= COLLABORATOR
  return 'image' in asked && asked.image !== null && asOwner(person, asked.image) >= COLLABORATOR
}

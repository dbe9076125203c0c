import fc from 'fast-check'
import type { ImageChanges } from '../../src/domain/image/changes.ts'
import type { ImageCommand } from '../../src/domain/image/decide.ts'
import {
  type DeprecationNotice,
  deactivators,
  type ImageDetails,
  imageVisibilities,
  osFamilies,
} from '../../src/domain/image/events.ts'
import type { ProjectId } from '../../src/domain/kernel/ids.ts'
import { always, early, few, late, maybe, moments, someWords, words } from './few-values.ts'
import { blobKey, claimId, content, imageId, imageName, lab, ops, registration, web } from './samples.ts'

const clearable = maybe(fc.constantFrom('1.9', '1.10', 'x'))
const properties = fc.uniqueArray(fc.record({ name: words, value: words }), {
  selector: ({ name }) => name,
  maxLength: 3,
})

const names = ['debian', 'ubuntu-24.04-base-v1.0', 'ubuntu-24.04-base-v1.10'] as const
const scopes = [web, ops, null] as const

/** A name with a claim on it: a claim is on one name in one scope for good, and a name may be claimed again. */
const claimedIn = <Scope extends ProjectId | null>(...some: readonly Scope[]) =>
  fc.tuple(fc.constantFrom(...names), fc.constantFrom(...some), few).map(([name, project, n]) => ({
    name: imageName(name),
    project,
    claimId: claimId(scopes.indexOf(project) * 100 + names.indexOf(name) * 10 + n),
  }))

const details: fc.Arbitrary<Partial<ImageDetails>> = fc.record(
  {
    description: words,
    os: clearable,
    osFamily: maybe(fc.constantFrom(...osFamilies)),
    version: clearable,
    arch: clearable,
    family: clearable,
    cloudInit: fc.boolean(),
    compatibilityMode: fc.boolean(),
    minDiskBytes: fc.bigInt({ min: 0n, max: 2n }),
    minRamBytes: fc.bigInt({ min: 0n, max: 2n }),
  },
  { requiredKeys: [] },
)

const changes: fc.Arbitrary<ImageChanges> = fc.record(
  {
    rename: claimedIn(web, web, ops, null),
    protected: fc.boolean(),
    details,
    setProperties: properties,
    removeProperties: someWords,
    addTags: someWords,
    removeTags: someWords,
  },
  { requiredKeys: ['details', 'setProperties', 'removeProperties', 'addTags', 'removeTags'] },
)

type OfType<Type extends ImageCommand['type']> = Extract<ImageCommand, { type: Type }>

/** Mostly such as lead to shares. */
const visibilities = fc.constantFrom(
  ...imageVisibilities,
  'PRIVATE' as const,
  'SHARED' as const,
  'SHARED' as const,
)
const by = fc.constantFrom(...deactivators)
/** Its owner too, who is refused; the others may become its owner. */
const offeredTo = fc.constantFrom(lab, lab, lab, ops, ops, web)

const register: fc.Arbitrary<ImageCommand> = fc.record<OfType<'RegisterImage'>>(
  {
    type: always('RegisterImage'),
    registration: claimedIn(web).map(({ name, claimId: id }) => registration({ name, claimId: id })),
    visibility: visibilities,
  },
  { requiredKeys: ['type', 'registration'] },
)

const notices: fc.Arbitrary<DeprecationNotice> = fc.record(
  {
    replacement: maybe(few.map(imageId)),
    reason: maybe(words),
    obsoleteAt: maybe(late),
    deleteAt: maybe(late),
  },
  // An event carries it as it is, and is compared with what comes back from the log.
  { noNullPrototype: true },
)

const deprecate: fc.Arbitrary<OfType<'Deprecate'>> = fc.record({
  type: always('Deprecate' as const),
  notice: notices,
  unfit: fc.constantFrom(null, null, null, null, null, 'must be AVAILABLE'),
  now: early,
})

const share: fc.Arbitrary<OfType<'Share'>> = fc.record({
  type: always('Share' as const),
  project: offeredTo,
  message: maybe(words),
  expiresAt: maybe(late),
  now: early,
})

const answered = <Type extends 'AcceptShare' | 'RejectShare' | 'ExpireShare'>(type: Type) =>
  fc.record({ type: always(type), project: offeredTo, now: moments })

/** Mostly of what has been. */
const reportSize: fc.Arbitrary<OfType<'ReportSize'>> = fc.record({
  type: always('ReportSize' as const),
  report: fc.record(
    { sizeBytes: few.map(BigInt), measuredAt: early, effectiveFrom: maybe(early) },
    // An event carries it as it is, and is compared with what comes back from the log.
    { noNullPrototype: true },
  ),
  now: moments,
})

const weighted = (weight: number, arbitrary: fc.Arbitrary<ImageCommand>) => ({ weight, arbitrary })

const anything: fc.Arbitrary<ImageCommand> = fc.oneof(
  weighted(4, register),
  weighted(
    10,
    changes.map((wanted) => ({ type: 'ChangeImage', changes: wanted })),
  ),
  weighted(
    6,
    few.map((n) => ({ type: 'StoreContent', content: content({ blob: blobKey(n) }) })),
  ),
  weighted(4, reportSize),
  weighted(3, always({ type: 'FailCreation', code: 'EMPTY_IMAGE', message: 'It is empty.' })),
  weighted(3, always({ type: 'RetryCreation' })),
  weighted(2, fc.record({ type: always('SetVisibility' as const), visibility: visibilities })),
  weighted(14, share),
  weighted(2, fc.record({ type: always('Unshare' as const), project: offeredTo })),
  weighted(9, answered('AcceptShare')),
  weighted(5, answered('RejectShare')),
  weighted(8, answered('ExpireShare')),
  weighted(
    4,
    claimedIn(null).map(({ name, claimId: id }) => ({ type: 'Promote', name, claimId: id })),
  ),
  weighted(
    9,
    claimedIn(web, ops).map(({ name, project, claimId: id }) => ({
      type: 'Demote',
      project,
      name,
      claimId: id,
    })),
  ),
  weighted(9, deprecate),
  weighted(1, always({ type: 'Undeprecate' })),
  weighted(9, fc.record({ type: always('CarryOutDates' as const), now: moments, deleteAt: late })),
  weighted(2, fc.record({ type: always('Deactivate' as const), by })),
  weighted(2, fc.record({ type: always('Reactivate' as const), by })),
  weighted(2, fc.record({ type: always('RequestDeletion' as const), now: early, deleteAt: late })),
  weighted(8, fc.record({ type: always('Restore' as const), now: moments })),
  weighted(6, fc.record({ type: always('CompleteDeletion' as const), now: moments })),
  weighted(
    8,
    few.map((n) => ({ type: 'RecordContentRemoved', blob: blobKey(n) })),
  ),
  weighted(
    2,
    claimedIn(web, ops, null).map(({ claimId: id }) => ({ type: 'AbandonClaim', claimId: id })),
  ),
)

/** Weighted so that every type of event comes often and most images stay long enough to see them. */
export const imageCommands: fc.Arbitrary<readonly ImageCommand[]> = fc
  .tuple(
    fc.oneof(weighted(11, register), weighted(1, anything)),
    fc.array(anything, { maxLength: 60, size: 'max' }),
  )
  .map(([first, others]) => [first, ...others])

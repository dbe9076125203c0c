import type { Principal } from '../../src/domain/access/principal.ts'
import type { Registration } from '../../src/domain/image/decide.ts'
import type { ImageContent, ImageDetails } from '../../src/domain/image/events.ts'
import type { ImageName } from '../../src/domain/image/names.ts'
import type {
  AccountId,
  BlobKey,
  ClaimId,
  ImageId,
  LocationId,
  PriceId,
  ProjectId,
} from '../../src/domain/kernel/ids.ts'
import type { Instant } from '../../src/domain/kernel/instant.ts'
import type { Month } from '../../src/domain/kernel/month.ts'
import type { PriceTerms } from '../../src/domain/pricing/events.ts'

/** Values that are alike in all but what a test is about. Numbered ids, so that a failure reads well. */
const uuid = (kind: number, n: number): string =>
  `${String(kind).padStart(8, '0')}-0000-4000-8000-${String(n).padStart(12, '0')}`

export const imageId = (n: number): ImageId => uuid(1, n) as ImageId
export const claimId = (n: number): ClaimId => uuid(2, n) as ClaimId
export const blobKey = (n: number): BlobKey => uuid(3, n) as BlobKey
export const priceId = (n: number): PriceId => uuid(4, n) as PriceId
export const imageName = (name: string): ImageName => name as ImageName
export const instant = (text: string): Instant => text as Instant
export const month = (text: string): Month => text as Month

export const acme = 'acme' as AccountId
export const globex = 'globex' as AccountId
export const web = 'web' as ProjectId
export const ops = 'ops' as ProjectId
/** A project of globex. */
export const lab = 'lab' as ProjectId
export const ams = 'ams' as LocationId

export const plainDetails: ImageDetails = {
  description: '',
  os: null,
  osFamily: null,
  version: null,
  arch: null,
  family: null,
  cloudInit: false,
  compatibilityMode: false,
  minDiskBytes: 0n,
  minRamBytes: 0n,
}

/** Image `debian` of project web, held by claim 1. */
export const registration = (changes: Partial<Registration> = {}): Registration => ({
  account: acme,
  project: web,
  location: ams,
  name: imageName('debian'),
  claimId: claimId(1),
  kind: 'DISK',
  origin: 'UPLOAD',
  source: { from: 'UPLOAD' },
  declared: {},
  details: plainDetails,
  official: false,
  protected: false,
  blockSize: 512,
  properties: [],
  tags: [],
  ...changes,
})

export const content = (changes: Partial<ImageContent> = {}): ImageContent => ({
  blob: blobKey(1),
  sizeBytes: 1_048_576n,
  virtualSizeBytes: 10_737_418_240n,
  format: 'QCOW2',
  compression: 'NONE',
  digests: { sha256: 'a'.repeat(64), sha512: 'b'.repeat(128), sha1: 'c'.repeat(40), md5: 'd'.repeat(32) },
  ...changes,
})

/** 0.05 EUR a GB and month, from March 2026 on. */
export const priceTerms = (changes: Partial<PriceTerms> = {}): PriceTerms => ({
  currency: 'EUR',
  ratePerGbMonth: '0.05',
  effectiveFrom: instant('2026-03-01T00:00:00.000Z'),
  unit: 'GB',
  hoursBasis: 'CALENDAR',
  hourPolicy: 'STARTED_HOUR',
  ...changes,
})

/** Somebody without any role. */
export const principal = (changes: Partial<Principal> = {}): Principal => ({
  subject: 'somebody',
  issuer: '',
  operator: false,
  hypervisor: null,
  account: null,
  accountRole: null,
  projects: new Map(),
  ...changes,
})

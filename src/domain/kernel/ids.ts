import { z } from 'zod'
import type { Branded } from './brand.ts'

export type ImageId = Branded<string, 'ImageId'>
export type AccountId = Branded<string, 'AccountId'>
export type ProjectId = Branded<string, 'ProjectId'>
export type LocationId = Branded<string, 'LocationId'>
/** One holding of a name (and, for a new image, of a place under the limit) in an account's stream. */
export type ClaimId = Branded<string, 'ClaimId'>
/** An image as it was offered to a project, which it is once at a time: `<image>/<project>`. */
export type ShareKey = Branded<string, 'ShareKey'>
/** One version of what storage costs. */
export type PriceId = Branded<string, 'PriceId'>
/** Where a blob store keeps an image's bytes, or what is kept under its own SHA-256. */
export type BlobKey = Branded<string, 'BlobKey'>
/** One attempt to bring an image its bytes; or to look into them, once they have come in pieces. */
export type UploadId = Branded<string, 'UploadId'>

/** A resumable upload as who sends it names it; of both ids, for the image says who may: `<image>~<upload>`. */
export type ResumableId = Branded<string, 'ResumableId'>

export const shareKey = (image: ImageId, project: ProjectId): ShareKey => `${image}/${project}` as ShareKey

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const sha256 = /^[0-9a-f]{64}$/
const chosen = /^[a-z0-9][a-z0-9-]{0,62}$/

export const isUuid = (text: string): boolean => uuid.test(text)

export const resumableId = (image: ImageId, upload: UploadId): ResumableId =>
  `${image}~${upload}` as ResumableId

/** Null where it is none. */
export const readResumableId = (
  text: string,
): { readonly image: ImageId; readonly upload: UploadId } | null => {
  const [image = '', upload = '', ...more] = text.split('~')
  return isUuid(image) && isUuid(upload) && more.length === 0
    ? { image: image as ImageId, upload: upload as UploadId }
    : null
}

const uuidOf = <T extends string>() =>
  z.custom<T>((value) => typeof value === 'string' && uuid.test(value), 'must be a UUID in lower case')
const chosenOf = <T extends string>() =>
  z.custom<T>(
    (value) => typeof value === 'string' && chosen.test(value),
    'must be 1 to 63 of a-z, 0-9 and -, and not begin with -',
  )

export const imageIdSchema = uuidOf<ImageId>()
export const priceIdSchema = uuidOf<PriceId>()
export const claimIdSchema = uuidOf<ClaimId>()
export const blobKeySchema = uuidOf<BlobKey>()
export const uploadIdSchema = uuidOf<UploadId>()

export const isBlobKey = (text: string): boolean => uuid.test(text) || sha256.test(text)

/** Ids that operators may choose (DESIGN, tenancy and access); UUIDs are of this form too. */
export const accountIdSchema = chosenOf<AccountId>()
export const projectIdSchema = chosenOf<ProjectId>()
export const locationIdSchema = chosenOf<LocationId>()

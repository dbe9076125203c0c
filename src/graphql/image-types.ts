import { compressions, imageFormats } from '../domain/formats/content.ts'
import { imageKinds, imageOrigins, imageVisibilities, osFamilies } from '../domain/image/events.ts'
import { imageStatuses } from '../domain/image/state.ts'
import { builder, handed } from './builder.ts'

/** The small types that an image is described with. */

export const ImageStatus = builder.enumType('ImageStatus', { values: imageStatuses })
export const ImageVisibility = builder.enumType('ImageVisibility', { values: imageVisibilities })
export const ImageScope = builder.enumType('ImageScope', {
  description: 'PROJECT: owned by one project. ACCOUNT: promoted, usable from every project of the account.',
  values: ['PROJECT', 'ACCOUNT'] as const,
})
export const ImageKind = builder.enumType('ImageKind', { values: imageKinds })
export const ImageOrigin = builder.enumType('ImageOrigin', { values: imageOrigins })
export const ImageFormat = builder.enumType('ImageFormat', { values: imageFormats })
export const Compression = builder.enumType('Compression', { values: compressions })
export const OsFamily = builder.enumType('OsFamily', { values: osFamilies })

export const ImageProperty = builder.objectRef<{ name: string; value: string }>('ImageProperty').implement({
  fields: (t) => ({ name: t.exposeString('name', handed), value: t.exposeString('value', handed) }),
})

export const Digest = builder.objectRef<{ algorithm: string; hex: string }>('Digest').implement({
  fields: (t) => ({
    algorithm: t.exposeString('algorithm', { ...handed, description: 'sha256, sha512, md5, sha1' }),
    hex: t.exposeString('hex', handed),
  }),
})

interface ProgressShape {
  readonly doneBytes: bigint
  readonly totalBytes: bigint | null
  readonly stage: string
}

export const Progress = builder.objectRef<ProgressShape>('Progress').implement({
  fields: (t) => ({
    doneBytes: t.expose('doneBytes', { type: 'Bytes', ...handed }),
    totalBytes: t.expose('totalBytes', { type: 'Bytes', nullable: true, ...handed }),
    percent: t.float({
      nullable: true,
      ...handed,
      description: 'Of the bytes, with one decimal; null while it is not known how many will come.',
      resolve: ({ doneBytes, totalBytes }) =>
        totalBytes === null || totalBytes === 0n ? null : Number((doneBytes * 1000n) / totalBytes) / 10,
    }),
    stage: t.exposeString('stage', handed),
  }),
})

export const ImagePropertyInput = builder.inputType('ImagePropertyInput', {
  fields: (t) => ({ name: t.string({ required: true }), value: t.string({ required: true }) }),
})

export const ImageFilterInput = builder.inputType('ImageFilter', {
  fields: (t) => ({
    search: t.string({
      description:
        'Words sought in name, description, os, family and tags: each must be there. One that ends in * need only begin a word.',
    }),
    name: t.string(),
    status: t.field({ type: [ImageStatus] }),
    visibility: t.field({ type: [ImageVisibility] }),
    kind: t.field({ type: ImageKind }),
    origin: t.field({ type: [ImageOrigin] }),
    os: t.string(),
    osFamily: t.field({ type: OsFamily }),
    version: t.string(),
    arch: t.string(),
    family: t.string(),
    format: t.field({ type: [ImageFormat] }),
    official: t.boolean(),
    tags: t.stringList(),
    properties: t.field({ type: [ImagePropertyInput] }),
    minSizeBytes: t.field({ type: 'Bytes' }),
    maxSizeBytes: t.field({ type: 'Bytes' }),
    createdAfter: t.field({ type: 'DateTime' }),
    createdBefore: t.field({ type: 'DateTime' }),
    deprecated: t.boolean({
      description: "Deprecated images of others never show; true or false narrows the caller's own.",
    }),
  }),
})

const ImageOrderField = builder.enumType('ImageOrderField', {
  values: ['NAME', 'CREATED_AT', 'UPDATED_AT', 'SIZE', 'VERSION'] as const,
})
const SortDirection = builder.enumType('SortDirection', { values: ['ASC', 'DESC'] as const })

export const ImageOrderInput = builder.inputType('ImageOrder', {
  fields: (t) => ({
    field: t.field({ type: ImageOrderField, required: true }),
    direction: t.field({ type: SortDirection, required: true }),
  }),
})

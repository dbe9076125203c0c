import type { Caller } from '../application/command.ts'
import type { Done } from '../application/done.ts'
import type { Services } from '../application/services.ts'
import { imageCreate } from '../application/use-cases/image-create.ts'
import { imageDeactivate } from '../application/use-cases/image-deactivate.ts'
import { imageDelete } from '../application/use-cases/image-delete.ts'
import { imageDemote } from '../application/use-cases/image-demote.ts'
import { imageDeprecate } from '../application/use-cases/image-deprecate.ts'
import { imagePromote } from '../application/use-cases/image-promote.ts'
import { imageReactivate } from '../application/use-cases/image-reactivate.ts'
import { imageReportSize } from '../application/use-cases/image-report-size.ts'
import { imageRestore } from '../application/use-cases/image-restore.ts'
import { imageRetry } from '../application/use-cases/image-retry.ts'
import { imageSetVisibility } from '../application/use-cases/image-set-visibility.ts'
import { imageUndeprecate } from '../application/use-cases/image-undeprecate.ts'
import { imageUpdate } from '../application/use-cases/image-update.ts'
import type { TaskEither } from '../domain/kernel/fp.ts'
import type { ImageId } from '../domain/kernel/ids.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import { answer } from './answer.ts'
import { builder } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { Image } from './image.ts'
import { ImageFormat, ImageKind, ImagePropertyInput, ImageVisibility, OsFamily } from './image-types.ts'
import { refusalTypes, resultType } from './refusals.ts'

const refusals = [
  'NotFound',
  'Forbidden',
  'InvalidInput',
  'NameTaken',
  'InvalidState',
  'RevisionConflict',
  'IdempotencyConflict',
  'ImageLimitReached',
  'FeatureDisabled',
  'ImageProtected',
] as const
const ImageResult = builder.unionType('ImageResult', {
  types: [Image, ...refusalTypes(refusals)],
  resolveType: resultType('Image'),
})

const UploadSourceInput = builder.inputType('UploadSourceInput', {
  description: 'What is declared here is checked against what arrives; a mismatch ends in ERROR.',
  fields: (t) => ({
    format: t.field({ type: ImageFormat }),
    sizeBytes: t.field({ type: 'Bytes' }),
    sha256: t.string(),
  }),
})

const UrlSourceInput = builder.inputType('UrlSourceInput', {
  fields: (t) => ({
    url: t.string({ required: true }),
    format: t.field({ type: ImageFormat }),
    sha256: t.string(),
  }),
})

const ImageSourceInput = builder.inputType('ImageSourceInput', {
  isOneOf: true,
  fields: (t) => ({
    upload: t.field({
      type: UploadSourceInput,
      description: 'Bytes follow in PUT /images/{id}/content, or by tus at /uploads.',
    }),
    url: t.field({ type: UrlSourceInput, description: 'Fetched by the service, from public addresses.' }),
    instance: t.id({ description: 'The primary disk of an instance, running or stopped. Not offered yet.' }),
    snapshot: t.id({ description: 'Not offered yet.' }),
    image: t.id({
      description:
        'A copy of an image that one may download, without moving bytes. What is not given is taken from it.',
    }),
  }),
})

const ImageCreateInput = builder.inputType('ImageCreateInput', {
  fields: (t) => ({
    project: t.id({ required: true }),
    name: t.string({ required: true }),
    description: t.string(),
    location: t.id({ description: 'May be left out where there is only one.' }),
    kind: t.field({ type: ImageKind, defaultValue: 'DISK' }),
    source: t.field({ type: ImageSourceInput, required: true }),
    visibility: t.field({ type: ImageVisibility, defaultValue: 'PRIVATE' }),
    os: t.string(),
    osFamily: t.field({ type: OsFamily }),
    version: t.string(),
    arch: t.string(),
    family: t.string(),
    cloudInit: t.boolean(),
    compatibilityMode: t.boolean(),
    official: t.boolean(),
    protected: t.boolean(),
    minDiskBytes: t.field({ type: 'Bytes' }),
    minRamBytes: t.field({ type: 'Bytes' }),
    blockSize: t.int(),
    properties: t.field({ type: [ImagePropertyInput] }),
    tags: t.stringList(),
    idempotencyKey: t.string(),
  }),
})

const ImageUpdateInput = builder.inputType('ImageUpdateInput', {
  description: 'What is left out stays as it is; null clears os, osFamily, version, arch and family.',
  fields: (t) => ({
    image: t.id({ required: true }),
    name: t.string(),
    description: t.string(),
    os: t.string(),
    osFamily: t.field({ type: OsFamily }),
    version: t.string(),
    arch: t.string(),
    family: t.string(),
    cloudInit: t.boolean(),
    compatibilityMode: t.boolean(),
    protected: t.boolean(),
    minDiskBytes: t.field({ type: 'Bytes' }),
    minRamBytes: t.field({ type: 'Bytes' }),
    setProperties: t.field({ type: [ImagePropertyInput] }),
    removeProperties: t.stringList(),
    addTags: t.stringList(),
    removeTags: t.stringList(),
    reason: t.string(),
    ifRevision: t.int(),
    idempotencyKey: t.string(),
  }),
})

const ImageCommandInput = builder.inputType('ImageCommandInput', {
  fields: (t) => ({
    image: t.id({ required: true }),
    reason: t.string(),
    ifRevision: t.int(),
    idempotencyKey: t.string(),
  }),
})

const ImageSetVisibilityInput = builder.inputType('ImageSetVisibilityInput', {
  fields: (t) => ({
    image: t.id({ required: true }),
    visibility: t.field({ type: ImageVisibility, required: true }),
    reason: t.string(),
    ifRevision: t.int(),
    idempotencyKey: t.string(),
  }),
})

const ImageDemoteInput = builder.inputType('ImageDemoteInput', {
  fields: (t) => ({
    image: t.id({ required: true }),
    project: t.id({ required: true }),
    reason: t.string(),
    ifRevision: t.int(),
    idempotencyKey: t.string(),
  }),
})

const ImageDeprecateInput = builder.inputType('ImageDeprecateInput', {
  description: 'Says all anew that is to hold: what is left out is no longer announced.',
  fields: (t) => ({
    image: t.id({ required: true }),
    replacement: t.id(),
    reason: t.string(),
    obsoleteAt: t.field({
      type: 'DateTime',
      description: 'From then on it cannot be used for anything new.',
    }),
    deleteAt: t.field({ type: 'DateTime' }),
    ifRevision: t.int(),
    idempotencyKey: t.string(),
  }),
})

const ImageReportSizeInput = builder.inputType('ImageReportSizeInput', {
  fields: (t) => ({
    image: t.id({ required: true }),
    sizeBytes: t.field({ type: 'Bytes', required: true, description: 'As stored; at least 1.' }),
    occurredAt: t.field({ type: 'DateTime', required: true, description: 'When it was measured.' }),
    effectiveFrom: t.field({
      type: 'DateTime',
      description: 'From when on it counts, where that is not when it was measured.',
    }),
    reason: t.string(),
    ifRevision: t.int(),
    idempotencyKey: t.string(),
  }),
})

type UseCase<Input> = (
  services: Services,
) => (caller: Caller, input: Input) => TaskEither<Refusal, Done<ImageId>>

const carryOut = <Input>(context: Context, useCase: UseCase<Input>, input: Input) =>
  answer(context, useCase(context.services)(callerOf(context), input), Image.getDataloader(context), refusals)

builder.mutationFields((t) => ({
  imageCreate: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCreateInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageCreate, input),
  }),
  imageUpdate: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageUpdateInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageUpdate, input),
  }),
  imageRetry: t.field({
    type: ImageResult,
    description:
      'Takes an image in ERROR back to CREATING: its bytes may be sent again, or are fetched again.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCommandInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageRetry, input),
  }),
  imageDelete: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCommandInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageDelete, input),
  }),
  imageRestore: t.field({
    type: ImageResult,
    description: 'Within the recovery window after imageDelete.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCommandInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageRestore, input),
  }),
  imageSetVisibility: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageSetVisibilityInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageSetVisibility, input),
  }),
  imagePromote: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCommandInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imagePromote, input),
  }),
  imageDemote: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageDemoteInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageDemote, input),
  }),
  imageDeprecate: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageDeprecateInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageDeprecate, input),
  }),
  imageUndeprecate: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCommandInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageUndeprecate, input),
  }),
  imageDeactivate: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCommandInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageDeactivate, input),
  }),
  imageReportSize: t.field({
    type: ImageResult,
    description:
      'Says how many bytes an image takes; the first report of an unknown size counts from when it became available. For hypervisors and operators.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageReportSizeInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageReportSize, input),
  }),
  imageReactivate: t.field({
    type: ImageResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageCommandInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageReactivate, input),
  }),
}))

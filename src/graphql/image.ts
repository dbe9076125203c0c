import type { ImageRow } from '../projections/catalog/rows.ts'
import { digestsOf, propertiesOf, tagsOf } from '../projections/catalog/rows.ts'
import { Account } from './account.ts'
import { builder, handed } from './builder.ts'
import type { Context } from './context.ts'
import { Event } from './event.ts'
import { historyOf } from './history.ts'
import { imageTarget } from './image-target.ts'
import {
  Compression,
  Digest,
  ImageFormat,
  ImageKind,
  ImageOrigin,
  ImageProperty,
  ImageScope,
  ImageStatus,
  ImageVisibility,
  OsFamily,
  Progress,
} from './image-types.ts'
import { rowsOrErrors } from './loading.ts'
import { Location } from './location.ts'
import { pageComplexity } from './paging.ts'
import { Project } from './project.ts'

/** Null for those who are not of its owner: DESIGN, tenancy and access. */
const ofOwner = {
  nullable: true,
  authScopes: (row: ImageRow, _args: unknown, { catalog }: Context) => ({
    may: ['seeOwnersSide', imageTarget(row, catalog)] as const,
  }),
  unauthorizedResolver: () => null,
} as const

export const Image = builder.loadableObjectRef<ImageRow, string>('Image', {
  load: async (ids, { catalog }) => rowsOrErrors('image', ids, catalog.imagesById(ids)),
})

Image.implement({
  fields: (t) => ({
    id: t.exposeID('id', handed),
    name: t.exposeString('name', handed),
    description: t.exposeString('description', handed),
    kind: t.expose('kind', { type: ImageKind, ...handed }),
    origin: t.expose('origin', { type: ImageOrigin, ...handed }),
    status: t.expose('status', { type: ImageStatus, ...handed }),
    statusReason: t.exposeString('status_reason', {
      ...ofOwner,
      description: 'Why it is in ERROR, in a sentence; null otherwise.',
    }),
    statusCode: t.exposeString('status_code', {
      ...ofOwner,
      description: 'The same as a code: UNSAFE_BACKING_FILE, CHECKSUM_MISMATCH, …',
    }),
    visibility: t.expose('visibility', { type: ImageVisibility, ...handed }),
    scope: t.field({
      type: ImageScope,
      ...handed,
      resolve: ({ project }) => (project === null ? 'ACCOUNT' : 'PROJECT'),
    }),
    project: t.field({
      type: Project,
      ...ofOwner,
      description: 'Null once promoted to its account, and for those who are not of its owner.',
      resolve: ({ project }) => project,
    }),
    account: t.field({ type: Account, ...ofOwner, resolve: ({ account }) => account }),
    location: t.field({ type: Location, ...handed, resolve: ({ location }) => location }),
    os: t.exposeString('os', { nullable: true, ...handed }),
    osFamily: t.expose('os_family', { type: OsFamily, nullable: true, ...handed }),
    version: t.exposeString('version', { nullable: true, ...handed }),
    arch: t.exposeString('arch', { nullable: true, ...handed }),
    family: t.exposeString('family', {
      nullable: true,
      ...handed,
      description: 'The line of releases this is one of: ubuntu-24.04-base. See Query.imageFamily.',
    }),
    cloudInit: t.boolean({ ...handed, resolve: (row) => row.cloud_init === 1 }),
    compatibilityMode: t.boolean({
      ...handed,
      description: 'True: servers made from it get no virtio devices.',
      resolve: (row) => row.compatibility_mode === 1,
    }),
    official: t.boolean({
      ...handed,
      description: 'Provided by the operator: a stock image. Never billed.',
      resolve: (row) => row.official === 1,
    }),
    protected: t.boolean({ ...handed, resolve: (row) => row.protected === 1 }),
    deactivated: t.boolean({
      ...handed,
      description: 'True: its bytes are withheld from everyone but operators, its metadata is not.',
      resolve: (row) => row.deactivated === 1,
    }),
    minDiskBytes: t.expose('min_disk_bytes', { type: 'Bytes', ...handed }),
    minRamBytes: t.expose('min_ram_bytes', { type: 'Bytes', ...handed }),
    properties: t.field({ type: [ImageProperty], ...handed, resolve: propertiesOf }),
    tags: t.stringList({ ...handed, resolve: tagsOf }),
    sizeBytes: t.expose('size_bytes', {
      type: 'Bytes',
      nullable: true,
      ...handed,
      description: 'What is stored and billed; null until the bytes are in, and never a made-up 0.',
    }),
    virtualSizeBytes: t.expose('virtual_size_bytes', {
      type: 'Bytes',
      nullable: true,
      ...handed,
      description: 'What a disk made from it has at least.',
    }),
    format: t.expose('format', { type: ImageFormat, nullable: true, ...handed }),
    compression: t.expose('compression', { type: Compression, nullable: true, ...handed }),
    blockSize: t.exposeInt('block_size', handed),
    digests: t.field({ type: [Digest], ...handed, resolve: digestsOf }),
    progress: t.field({
      type: Progress,
      ...ofOwner,
      resolve: ({ id }, _args, { services }) =>
        services.uploads.progressOf(id) ?? services.stored.progressOf(id),
    }),
    history: t.connection(
      {
        type: Event,
        ...ofOwner,
        description: 'Every event of this image, oldest first.',
        complexity: pageComplexity,
        resolve: ({ id }, args, { log }) => historyOf(log, id, args),
      },
      { name: 'EventConnection' },
      { name: 'EventEdge' },
    ),
    revision: t.exposeInt('revision', {
      ...ofOwner,
      description:
        'What its next change must name in ifRevision to be sure of being the next. For its owner.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime', ...handed }),
    updatedAt: t.expose('updated_at', { type: 'DateTime', ...handed }),
    availableAt: t.expose('available_at', { type: 'DateTime', nullable: true, ...handed }),
    deletedAt: t.expose('deleted_at', { type: 'DateTime', nullable: true, ...handed }),
  }),
})

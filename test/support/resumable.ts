import type { Services } from '../../src/application/services.ts'
import { uploadBy } from '../../src/application/use-cases/image-upload.ts'
import { uploadBegin } from '../../src/application/use-cases/upload-begin.ts'
import { uploadCancel } from '../../src/application/use-cases/upload-cancel.ts'
import { uploadFind } from '../../src/application/use-cases/upload-find.ts'
import { uploadReceive } from '../../src/application/use-cases/upload-receive.ts'
import type { BlobKey, ImageId, ResumableId } from '../../src/domain/kernel/ids.ts'
import { uploadAggregate } from '../../src/domain/upload/state.ts'
import { type Application, callerOf, collaborator } from './application.ts'
import { rawDisk } from './images.ts'
import { create, idOf } from './library-commands.ts'
import { stores } from './stores.ts'

// Resumable uploads of tests, in few words: a collaborator of project web asks, unless somebody else is named.

const somebody = callerOf(collaborator)

export const begin = (services: Services, image: string, sizeBytes: number, caller = somebody) =>
  uploadBegin(services)(caller, { image, sizeBytes: BigInt(sizeBytes) })()

export const find = (services: Services, upload: string, caller = somebody) =>
  uploadFind(services)(caller, upload)()

export const cancel = (services: Services, upload: string, caller = somebody) =>
  uploadCancel(services)(caller, upload)()

/** What comes by a line: bytes, and whatever is waited for between them. */
export type Part = Uint8Array | (() => Promise<unknown>)

async function* body(parts: readonly Part[]) {
  for (const part of parts) {
    if (part instanceof Uint8Array) yield part
    else await part()
  }
}

export const send = (
  services: Services,
  upload: string,
  offset: number,
  parts: readonly Part[],
  { cut = () => undefined, caller = somebody }: { cut?: () => void; caller?: typeof somebody } = {},
) =>
  uploadReceive(services)(caller, upload, {
    offset: BigInt(offset),
    body: body(parts),
    contentLength: null,
    cut,
  })()

/** What is uploaded, unless said otherwise. */
export const disk = rawDisk(64 * 1024, 1)
export const half = disk.length / 2

export const author = uploadBy(callerOf(collaborator))

export const filesOf = (app: Application) => stores.blobFiles(app.directory)

export const begun = async (
  app: Application,
  sizeBytes = disk.length,
  declared: object = {},
): Promise<{ readonly image: ImageId; readonly id: ResumableId }> => {
  const image = idOf(await create(app.services, 'debian', { source: { upload: declared } }))
  const upload = await begin(app.services, image, sizeBytes)
  if (upload._tag === 'Left') throw new Error(upload.left.message)
  return { image, id: upload.right.id }
}

export const uploadState = async ({ services }: Application, image: ImageId) =>
  (await services.ledger.load(uploadAggregate, image)).state

/** Where it is to be resumed, as any node says it. */
export const offsetOn = async (services: Services, id: ResumableId): Promise<number> => {
  const found = await find(services, id)
  if (found._tag === 'Left') throw new Error(found.left.message)
  return Number(found.right.doneBytes)
}

export const store = async ({ services }: Application, blob: BlobKey, bytes: Uint8Array): Promise<void> => {
  const writer = await services.blobs.create(blob)
  await writer.write(bytes)
  await writer.commit()
}

import type { Client, OpenRequest } from './client.ts'
import { eventually } from './eventually.ts'
import { rawDisk } from './images.ts'
import { imageOf } from './library.ts'
import type { TestService } from './service.ts'
import { stores } from './stores.ts'
import { tokens } from './tokens.ts'

const MiB = 1024 * 1024

/** Two MiB that begin like no image format. */
export const disk = rawDisk(2 * MiB, 1)

/** How far the upload to an image has come; null where none runs. */
export const progressOf = async (
  service: Client,
  id: string,
): Promise<{ readonly doneBytes: string } | null> => {
  const image = await imageOf<{ progress: { doneBytes: string } | null }>(
    service,
    id,
    'progress { stage doneBytes totalBytes percent }',
  )
  return image?.progress ?? null
}

/** Begins an upload of `disk` and waits until the service has taken in its first half; `length` null sends it chunked. */
export const halfway = async (
  service: TestService,
  id: string,
  length: number | null = disk.length,
): Promise<OpenRequest> => {
  const upload = service.beginUpload(tokens.collaborator, id, length)
  await upload.send(disk.subarray(0, MiB))
  await eventually(
    'half of the bytes are taken in',
    async () => (await progressOf(service, id))?.doneBytes === String(MiB),
  )
  return upload
}

/** Every file of the blob store, finished or not. */
export const blobsOf = (service: TestService): Promise<readonly string[]> =>
  stores.blobFiles(service.directory)

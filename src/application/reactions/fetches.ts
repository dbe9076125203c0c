import { setTimeout as sleep } from 'node:timers/promises'
import { imageAggregate, isRegistered, type RegisteredImage } from '../../domain/image/state.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'
import { type Intake, refuse, takeIn } from '../intake.ts'
import { SourceChanged, SourceRefused } from '../ports/source.ts'
import type { Services } from '../services.ts'
import { UploadOver } from '../uploads.ts'
import { type Beside, beside } from './beside.ts'
import { authorOf } from './bytes.ts'

/** So many images a node fetches at once. */
const AT_ONCE = 4
/** A source that broke, or turned out to be another than it was, is begun anew after these pauses, and given up then. */
const PAUSES_MS = [1_000, 5_000, 15_000] as const
/** Every node fetches: whichever comes first has the upload, and one that dies is followed by another when it was silent for long. */
export const fetchImages = (services: Services): Beside =>
  beside(services, {
    name: 'fetch-images',
    atOnce: AT_ONCE,
    due: (limit) => {
      const { stored, uploads } = services
      return stored.awaited('URL', uploads.silentSince(), limit)
    },
    keyOf: (id) => id,
    work: (id, stopping) => fetchImage(services, id, stopping),
  })

const fetchImage = async (services: Services, id: ImageId, stopping: AbortSignal): Promise<void> => {
  const { state } = await services.ledger.load(imageAggregate, id)
  if (!isRegistered(state) || state.status !== 'CREATING') return
  const author = authorOf('fetches')
  const upload = await services.uploads.begin(id, 'FETCH', null, author)
  if (upload === null) return
  const intake = { id, state, upload, author }
  try {
    await fetchInto(services, intake, state, stopping)
  } catch (error) {
    if (error instanceof SourceRefused) {
      await refuse(services, intake, error)
      return
    }
    await upload.end(error instanceof UploadOver ? 'CANCELLED' : 'BROKEN_OFF')
    if (!(error instanceof UploadOver)) throw error
  } finally {
    upload.letGo()
  }
}

const fetchInto = async (
  services: Services,
  intake: Intake,
  { source }: RegisteredImage,
  stopping: AbortSignal,
): Promise<void> => {
  if (source.from !== 'URL') return
  const { upload } = intake
  const maxBytes = services.limits.maxImageBytes
  for (let attempt = 1; ; attempt += 1) {
    // Of each attempt its own: what nobody reads any more is to be let go of.
    const done = new AbortController()
    try {
      const signal = AbortSignal.any([upload.signal, stopping, done.signal])
      const { body, totalBytes } = await services.sources.open(source.url, { signal, maxBytes })
      upload.report({ stage: 'UPLOADING', doneBytes: 0n, totalBytes })
      // What the source says of its length is for the progress only: the bytes are counted.
      await takeIn(services, intake, { body, contentLength: null })
      return
    } catch (error) {
      if (!maySucceed(error, attempt)) throw error
    } finally {
      done.abort()
    }
    const over = AbortSignal.any([upload.signal, stopping])
    await sleep(PAUSES_MS[attempt - 1], undefined, { signal: over }).catch(() => undefined)
    over.throwIfAborted()
  }
}

/** One that cannot be had at once is not waited for; one that could be had may come back. */
const maySucceed = (error: unknown, attempt: number): boolean => {
  if (attempt > PAUSES_MS.length) return false
  if (error instanceof SourceChanged) return true
  return attempt > 1 && error instanceof SourceRefused && error.code === 'SOURCE_UNAVAILABLE'
}

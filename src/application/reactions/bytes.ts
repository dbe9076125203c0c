import { decide as decideBlob } from '../../domain/blob/decide.ts'
import { blobAggregate } from '../../domain/blob/state.ts'
import { decide } from '../../domain/image/decide.ts'
import { imageAggregate, isRegistered } from '../../domain/image/state.ts'
import { right } from '../../domain/kernel/fp.ts'
import { type BlobKey, isUuid } from '../../domain/kernel/ids.ts'
import { type Instant, instantFromMillis, millisOf } from '../../domain/kernel/instant.ts'
import { decide as decideUpload } from '../../domain/upload/decide.ts'
import { uploadAggregate } from '../../domain/upload/state.ts'
import { systemCommand } from '../command.ts'
import { release, removeCondemnedBlob } from '../intake.ts'
import type { ToDo } from '../ports/to-do.ts'
import type { Services } from '../services.ts'
import type { Author } from '../uploads.ts'
import { forEach, type Reaction } from './reactions.ts'

const AT_A_TIME = 1_000

/** A command of the service's own; each is another one. */
export const authorOf =
  (part: string): Author =>
  (now) =>
    systemCommand(part, crypto.randomUUID(), now)

const ago = (now: Instant, millis: number): Instant => instantFromMillis(millisOf(now) - millis)

/** Deleted images let go of their bytes; the event that tells of it comes after that. */
export const removeContents = (services: Services, toDo: ToDo): Reaction => ({
  name: 'remove-contents',
  run: async () => {
    const { ledger, clock } = services
    await forEach(toDo.removableContents(AT_A_TIME), async ({ imageId, blob }) => {
      const author: Author = (now) => systemCommand('contents', blob + imageId, now)
      await release(services, blob, imageId, author)
      await ledger.change(imageAggregate, imageId, author(clock.now()), (state) =>
        decide({ type: 'RecordContentRemoved', blob }, state),
      )
    })
  },
})

/** Bytes that no image keeps. They were condemned before, so that none can come to keep them any more. */
export const removeCondemned = (services: Services): Reaction => ({
  name: 'remove-condemned',
  run: async () => {
    await forEach(services.stored.condemned(AT_A_TIME), (blob) => removeCondemnedBlob(services, blob))
  },
})

/** So long after its bytes are kept for it, an image has them, or whoever was about to give them did not live to. */
const UNHELD_MS = 3_600_000

/** References that a command left behind: those of images that can never come to hold them. */
export const releaseUnheld = (services: Services): Reaction => ({
  name: 'release-unheld',
  run: async () => {
    const { ledger, clock, stored } = services
    const before = ago(clock.now(), UNHELD_MS)
    await forEach(stored.unheldReferences(before, AT_A_TIME), async ({ blob, image }) => {
      const { state } = await ledger.load(imageAggregate, image)
      if (!isRegistered(state)) return
      // Until it has its bytes or is deleted, its creation may still come to these.
      const hasOthers = state.content !== null && state.content.blob !== blob
      if (hasOthers || state.status === 'DELETED') await release(services, blob, image, authorOf('blobs'))
    })
  },
})

/** What came in pieces and is over: the pieces go, then the event that tells of it comes. */
export const removePieces = ({ ledger, clock, blobs, stored }: Services): Reaction => ({
  name: 'remove-pieces',
  run: async () => {
    await forEach(stored.leftPieces(AT_A_TIME), async ({ image, upload }) => {
      const { state } = await ledger.load(uploadAggregate, image)
      for (const blob of state.left.get(upload) ?? []) await blobs.remove(blob)
      const command = systemCommand('pieces', upload, clock.now())
      await ledger.change(uploadAggregate, image, command, (current) =>
        right(decideUpload({ type: 'RecordPiecesRemoved', upload }, current)),
      )
    })
  },
})

/** Resumable uploads that nobody has resumed for so long are over: what came of them goes, and the image is in ERROR. */
export const endIdleUploads = (services: Services): Reaction => ({
  name: 'end-idle-uploads',
  run: async () => {
    const { ledger, clock, stored, limits } = services
    const { uploadExpiryHours } = limits
    const before = ago(clock.now(), uploadExpiryHours * 3_600_000)
    await forEach(stored.idle(before, AT_A_TIME), async ({ image, upload }) => {
      const author = authorOf('uploads')
      const message = `Nothing more came of the upload for ${uploadExpiryHours} hours: ask for imageRetry, then send the bytes again.`
      const over = await ledger.change(uploadAggregate, image, author(clock.now()), (state) => {
        const { running } = state
        const idle = running !== null && running.heardAt < before
        return right(idle ? decideUpload({ type: 'End', upload, outcome: 'EXPIRED' }, state) : [])
      })
      if (over._tag === 'Left' || over.right.state.running?.upload === upload) return
      await ledger.change(imageAggregate, image, author(clock.now()), (state) =>
        decide({ type: 'FailCreation', code: 'UPLOAD_INCOMPLETE', message }, state),
      )
    })
  },
})

const HOUR_MS = 3_600_000

/**
 * Bytes in the store that nothing in the ledger is about, as those of a process that died before it could refer to them: condemned,
 * once they are older than the grace. Of a collector and an upload that is just about to refer to them, the first one counts.
 */
export const collectOrphans = (services: Services, graceMs: number): Reaction => {
  let next = 0
  return {
    name: 'collect-orphans',
    run: async () => {
      // By the machine's clock, as the store has it.
      const now = Date.now()
      if (now < next) return
      next = now + HOUR_MS
      const { blobs, stored } = services
      for await (const { key, writtenAt } of blobs.list()) {
        // What is kept under its own hash are statements: they are kept for good.
        if (!isUuid(key) || writtenAt.getTime() > now - graceMs || stored.knows(key)) continue
        await condemn(services, key)
      }
    },
  }
}

const condemn = async ({ ledger, clock, logger }: Services, key: BlobKey): Promise<void> => {
  logger.warn({ blob: key }, 'Bytes in the store belong to nothing: they are removed.')
  await ledger.change(blobAggregate, key, systemCommand('orphans', key, clock.now()), (state) =>
    right(decideBlob({ type: 'Condemn' }, state)),
  )
}

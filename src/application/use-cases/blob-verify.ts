import { z } from 'zod'
import { decide } from '../../domain/blob/decide.ts'
import { blobAggregate } from '../../domain/blob/state.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { BlobKey, ImageId } from '../../domain/kernel/ids.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import { integrityError, invalidState, type Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { RawInput } from '../image-command.ts'
import { parseInput, reason } from '../input.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({ image: z.string(), reason })

/** Bytes that were read again, and are what they were. */
export interface Verified {
  readonly image: ImageId
  readonly sha256: string
  readonly sizeBytes: bigint
  readonly verifiedAt: Instant
}

/**
 * Reads an image's bytes from the store again and holds them against the digest that was taken when they came; what was found is
 * recorded. Takes as long as reading them does. Operators only. Refusals: NotFound, Forbidden, InvalidInput, InvalidState where
 * there are no bytes, IntegrityError where they are damaged or gone.
 */
export const blobVerify =
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Verified> =>
  async () => {
    const image = await reachImage(services, caller.principal, 'verifyImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id, state } = image.right
    const { content, status } = state
    if (content === null)
      return left(invalidState(status, `The image is ${status}: it has no bytes to verify.`))
    const { blob, sizeBytes, digests } = content
    const expected = digests.sha256
    const found = await hashOf(services, blob)
    const now = services.clock.now()
    const command = commandOf(caller, 'blobVerify', now, parsed.right)
    await services.ledger.change(blobAggregate, blob, command, (current) =>
      right(
        decide(
          found === expected
            ? { type: 'RecordVerified', sha256: found }
            : { type: 'RecordDamaged', expected, found },
          current,
        ),
      ),
    )
    if (found === expected) return right({ image: id, sha256: found, sizeBytes, verifiedAt: now })
    services.logger.error({ image: id, blob, expected, found }, 'The bytes of an image are damaged.')
    return left(integrityError(expected, found))
  }

/** Null where the store has no such bytes. */
const hashOf = async ({ blobs, digester }: Services, blob: BlobKey): Promise<string | null> => {
  const bytes = await blobs.read(blob)
  if (bytes === null) return null
  const digest = digester.begin()
  try {
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) await digest.update(chunk)
    return (await digest.finish()).sha256
  } finally {
    digest.abandon()
  }
}

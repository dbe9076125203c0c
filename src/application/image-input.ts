import { z } from 'zod'
import { osFamilies } from '../domain/image/events.ts'
import { MAX_PROPERTIES, MAX_TAGS } from '../domain/image/state.ts'
import { bytes, idempotencyKey, ifRevision, line, prose, reason } from './input.ts'

/** The shapes that creating and changing an image share. */

const familyForm = /^[a-z](?:[a-z0-9.-]*[a-z0-9])?$/

const family = line(63).regex(
  familyForm,
  'must start with a lower-case letter, go on with lower-case letters, digits, "-" and ".", and end with a letter or digit',
)

/** What an image is described with. */
export const details = {
  description: prose(4_096).nullish(),
  os: line(64).nullish(),
  osFamily: z.enum(osFamilies).nullish(),
  version: line(64).nullish(),
  arch: line(32).nullish(),
  family: family.nullish(),
  cloudInit: z.boolean().nullish(),
  compatibilityMode: z.boolean().nullish(),
  protected: z.boolean().nullish(),
  minDiskBytes: bytes.nullish(),
  minRamBytes: bytes.nullish(),
}
export const tags = z.array(line(64)).max(MAX_TAGS, `must be at most ${MAX_TAGS}`)
export const propertyNames = z.array(line(255)).max(MAX_PROPERTIES, `must be at most ${MAX_PROPERTIES}`)
export const properties = z
  .array(z.object({ name: line(255), value: prose(1_024) }))
  .max(MAX_PROPERTIES, `must be at most ${MAX_PROPERTIES}`)
  .superRefine((given, context) => {
    const seen = new Set<string>()
    for (const [index, { name }] of given.entries()) {
      if (seen.has(name))
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `${JSON.stringify(name)} is given twice`,
        })
      seen.add(name)
    }
  })

/** The input of commands that take nothing but the image. */
export const imageCommandInput = z.strictObject({ image: z.string(), reason, ifRevision, idempotencyKey })

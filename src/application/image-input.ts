import { z } from 'zod'
import { osFamilies } from '../domain/image/events.ts'
import { idempotencyKey, ifRevision, line, prose, reason } from './input.ts'

/** The shapes that creating and changing an image share. */

const familyForm = /^[a-z](?:[a-z0-9.-]*[a-z0-9])?$/

export const description = prose(4_096)
export const os = line(64)
export const osFamily = z.enum(osFamilies)
export const version = line(64)
export const arch = line(32)
export const family = line(63).regex(
  familyForm,
  'must start with a lower-case letter, go on with lower-case letters, digits, "-" and ".", and end with a letter or digit',
)
export const tags = z.array(line(64)).max(64, 'must be at most 64')
export const propertyNames = z.array(line(255)).max(128, 'must be at most 128')
export const properties = z
  .array(z.object({ name: line(255), value: prose(1_024) }))
  .max(128, 'must be at most 128')
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

import { z } from 'zod'
import type { Branded } from '../kernel/brand.ts'
import { isUuid } from '../kernel/ids.ts'

/** An image's name: unique within its project, or within its account once promoted. */
export type ImageName = Branded<string, 'ImageName'>

const form = /^[a-z](?:[a-z0-9.-]*[a-z0-9])?$/

/**
 * Names as DESIGN (an image's life) has them, from Oxide's rules (reference 000) with the dot that versions need
 * (reference 004): they start with a lower-case letter, and are never a UUID, so that a name is never taken for an id.
 */
export const imageNameSchema = z.string().transform((text, context): ImageName => {
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  if (text.length < 1 || text.length > 63) return refuse(`must have 1 to 63 characters, not ${text.length}`)
  if (!form.test(text))
    return refuse(
      'must start with a lower-case letter, go on with lower-case letters, digits, "-" and ".", and end with a letter or digit',
    )
  if (isUuid(text)) return refuse('must not be a UUID: those are ids')
  return text as ImageName
})

/** What a name of the form `<os>-<version>-<profile>-v<major>.<minor>` says of the image. */
export interface NameParts {
  readonly os: string
  readonly version: string
  /** The line of releases: the name without its last part. */
  readonly family: string
}

const convention =
  /^(?<family>(?<os>[a-z][a-z0-9]*)-(?<version>[0-9][a-z0-9.]*)-[a-z0-9][a-z0-9.-]*?)-v(?<release>\d+\.\d+)$/

/** Reads the naming convention of reference 004; null for a name that does not follow it. */
export const readNameConvention = (name: string): NameParts | null => {
  const { os, version, family } = convention.exec(name)?.groups ?? {}
  return os === undefined || version === undefined || family === undefined ? null : { os, version, family }
}

/** The release of a name that follows the convention: 1.0 of ubuntu-24.04-base-v1.0; else the empty string. */
export const releaseOf = (name: string): string => convention.exec(name)?.groups?.['release'] ?? ''

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const BYTES = 32

/** The random secret in this file, which only the service's own user may read; made where there is none. */
export const keptSecret = (file: string): string => {
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : ''
  // Cut short where the process did not live to write all of it: nobody was told of that one.
  if (Buffer.from(kept, 'base64url').length >= BYTES) return kept
  const made = randomBytes(BYTES).toString('base64url')
  writeFileSync(file, made, { mode: 0o600 })
  return made
}

import type { OpenSource, OpenSourceOptions } from '../../application/ports/source.ts'
import { ask } from './ask.ts'
import type { Resolve } from './connector.ts'
import { defaultSourceTiming, Line, type SourceTiming } from './line.ts'
import { ResumingBody } from './resuming.ts'
import type { UrlRules } from './url.ts'
import { versionOf } from './version.ts'

export interface HttpSourcesOptions {
  /** Networks that may be reached though they are not public, such as 10.20.0.0/16. */
  readonly allowCidrs: readonly string[]
  /** Besides 80 and 443. */
  readonly allowPorts: readonly number[]
  /** The longest that one fetch may take, from its request to its last byte. */
  readonly timeoutSeconds: number
  readonly minBytesPerSecond: number
  readonly timing?: SourceTiming
  /** Instead of the system's resolver. */
  readonly resolve?: Resolve
  /** Certificates to trust, in PEM, instead of the usual ones. */
  readonly ca?: string
}

/** A source that may be asked. What the network or the source does wrong is thrown as what the port has for it. */
export const openSource = async (
  url: string,
  rules: UrlRules,
  { timing = defaultSourceTiming, ...options }: HttpSourcesOptions,
  { signal, maxBytes }: OpenSourceOptions,
): Promise<OpenSource> => {
  const line = new Line({ ...options, timing, isAllowed: rules.isAllowed }, signal)
  const { windowMs, resumptions } = timing
  try {
    const again = (headers?: Readonly<Record<string, string>>) => ask(line, rules, url, headers)
    const answer = await again()
    const version = versionOf(answer)
    const pace = { bytesPerSecond: options.minBytesPerSecond, windowMs }
    const body = new ResumingBody(version, { line, pace, maxBytes, resumptions, again })
    return { totalBytes: version.totalBytes, body: closing(line, body.bytes(answer)) }
  } catch (error) {
    line.close()
    throw line.verdict(error)
  }
}

/** The line ends with its body, whatever ends that. */
async function* closing(line: Line, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    throw line.verdict(error)
  } finally {
    line.close()
  }
}

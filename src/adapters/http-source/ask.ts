import type { Readable } from 'node:stream'
import { request } from 'undici'
import { SourceRefused } from '../../application/ports/source.ts'
import { unavailable } from './failures.ts'
import type { Line } from './line.ts'
import { type UrlRules, urlFault } from './url.ts'

const MAX_REDIRECTS = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** An answer whose body has not been read. */
export interface Answer {
  readonly status: number
  /** The value of a header that came once; null for others. */
  header(name: string): string | null
  readonly body: Readable
}

/** Asks for a URL with these headers besides our own, and follows redirects, each held to the same rules. */
export const ask = async (
  line: Line,
  rules: UrlRules,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => {
  let target = new URL(url)
  for (let redirects = 0; ; redirects += 1) {
    const answer = await send(line, target, headers)
    if (!REDIRECTS.includes(answer.status)) return answer
    drop(answer)
    if (redirects === MAX_REDIRECTS)
      throw unavailable(`The source redirects more than ${MAX_REDIRECTS} times.`)
    target = nextTarget(target, answer, rules)
  }
}

/** Leaves the rest of an answer, and its socket. */
export const drop = ({ body }: Answer): void => {
  // Leaving is an error to the stream.
  body.on('error', () => undefined).destroy()
}

const send = async (
  { agent }: Line,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> => {
  const answer = await request(url, {
    dispatcher: agent,
    headers: { 'user-agent': 'image-ledger', accept: '*/*', 'accept-encoding': 'identity', ...headers },
  })
  return {
    status: answer.statusCode,
    header: (name) => {
      const value = answer.headers[name]
      return typeof value === 'string' ? value : null
    },
    body: answer.body,
  }
}

const nextTarget = (from: URL, answer: Answer, rules: UrlRules): URL => {
  const location = answer.header('location')
  if (location === null) throw unavailable('The source redirects without saying where to.')
  const target = URL.parse(location, from)
  if (target === null) throw unavailable('The source redirects to what is no URL.')
  const fault = urlFault(target.href, rules)
  if (fault !== null) throw forbidden(`The source redirects to a URL that ${fault}.`)
  if (from.protocol === 'https:' && target.protocol !== 'https:')
    throw forbidden('The source redirects from https to http.')
  return target
}

const forbidden = (message: string): SourceRefused => new SourceRefused({ code: 'URL_FORBIDDEN', message })

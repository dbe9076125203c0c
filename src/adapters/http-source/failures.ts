import { errors } from 'undici'
import { SourceRefused } from '../../application/ports/source.ts'

/** A refusal in one sentence. Of what a source or the network says, none is repeated: it may be somebody's secret. */
export const unavailable = (message: string): SourceRefused =>
  new SourceRefused({ code: 'SOURCE_UNAVAILABLE', message })

const sentences: readonly (readonly [code: RegExp, message: string])[] = [
  [/^(ENOTFOUND|EAI_\w+|EBADNAME|ENODATA)$/, 'The host of the source could not be resolved.'],
  [/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'The source could not be reached in time.'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, 'The source could not be reached.'],
  [/^UND_ERR_HEADERS_TIMEOUT$/, 'The source did not answer in time.'],
  [/^(HPE|UND_ERR_(HEADERS_OVERFLOW|RES_\w+))$/, 'The source did not answer in proper HTTP.'],
  [
    /^(CERT_\w+|ERR_TLS_CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/,
    'The certificate of the source is not valid.',
  ],
  [/^(EPROTO|ERR_SSL_\w+|ERR_TLS_\w+)$/, 'No secure connection to the source came about.'],
]

/** Whether it is a matter of the network: its errors, OpenSSL's and undici's have codes. What has none is a bug of ours. */
export const isOfTheLine = (error: unknown): boolean =>
  !(error instanceof SourceRefused) && codeOf(error) !== undefined

/** What is thrown to whoever fetches: the network's errors in our words, and others as they are. */
export const refusalOf = (error: unknown): unknown => {
  if (!isOfTheLine(error)) return error
  const [, message] = sentences.find(([codes]) => codes.test(String(codeOf(error)))) ?? []
  return unavailable(message ?? 'The connection to the source broke.')
}

/** Some errors of the parser have a code and some have none. */
const codeOf = (error: unknown): unknown =>
  error instanceof errors.HTTPParserError ? 'HPE' : (error as { readonly code?: unknown } | null)?.code

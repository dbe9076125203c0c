import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'

/** A GraphQL answer over HTTP. */
export interface Answer<Data = unknown> {
  readonly status: number
  readonly headers: Headers
  /** As it came, for comparisons to the byte, but for the position: that moves with what others do. */
  readonly text: string
  readonly data: Data | null | undefined
  readonly errors: readonly GraphqlError[]
  readonly extensions: { readonly position?: string; readonly staleSince?: string }
}

export interface GraphqlError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: { readonly code: string; readonly requestId: string }
}

/** Bytes and what came with them. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface HttpRequest {
  readonly method?: string
  readonly path: string
  /** Null for nobody. */
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** A request whose body is sent by and by. */
export interface OpenRequest {
  /** Resolves when the bytes are handed to the operating system. */
  send(bytes: Uint8Array): Promise<void>
  end(): void
  /** Cuts the line. */
  destroy(): void
  /** Settles with the answer, which may come before the end; rejects where the line was cut before one came. */
  readonly answer: Promise<HttpAnswer>
}

/** The end of a GraphQL answer, which moves with what others do. */
export const POSITION = /,"extensions":\{"position":"\d+"\}\}$/

/** Speaks to a service as its users do: by HTTP, and nothing but HTTP. */
export class Client {
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /** GraphQL with everything that comes back. */
  async answer<Data>(
    token: string | null,
    query: string,
    variables: object = {},
    extensions?: object,
  ): Promise<Answer<Data>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables, extensions }),
    })
    const text = await response.text()
    const { data, errors = [], extensions: said = {} }: Partial<Answer<Data>> = JSON.parse(text)
    return {
      status: response.status,
      headers: response.headers,
      text: text.replace(POSITION, '}'),
      data,
      errors,
      extensions: said,
    }
  }

  /** GraphQL that goes well: its data. Throws where it does not. */
  async graphql<Data>(token: string | null, query: string, variables: object = {}): Promise<Data> {
    const { data, errors, text } = await this.answer<Data>(token, query, variables)
    if (errors.length > 0 || data === null || data === undefined) throw new Error(`GraphQL answered ${text}`)
    return data
  }

  /** Plain HTTP with a body that is there at once. */
  async http(request: HttpRequest): Promise<HttpAnswer> {
    const open = this.open(request, request.body === undefined ? null : Buffer.byteLength(request.body))
    if (request.body !== undefined) await open.send(Buffer.from(request.body)).catch(() => undefined)
    open.end()
    return open.answer
  }

  upload(token: string | null, image: string, body: Uint8Array, headers: HttpRequest['headers'] = {}) {
    return this.http({ method: 'PUT', path: contentPath(image), token, body, headers })
  }

  download(token: string | null, image: string, headers: HttpRequest['headers'] = {}, method = 'GET') {
    return this.http({ method, path: contentPath(image), token, headers })
  }

  /** Begins an upload: `length` null sends it chunked. */
  beginUpload(token: string, image: string, length: number | null): OpenRequest {
    return this.open({ method: 'PUT', path: contentPath(image), token }, length, length === null)
  }

  /** A request on a line of its own. */
  open(
    { method = 'GET', path, token = null, headers = {} }: HttpRequest,
    length: number | null,
    chunked = false,
  ): OpenRequest {
    const { promise: answer, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    // Who cuts the line does not wait for an answer.
    answer.catch(() => undefined)
    const request = httpRequest(this.url + path, {
      method,
      agent: false,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(length === null ? {} : { 'content-length': length }),
        ...(chunked ? { 'transfer-encoding': 'chunked' } : {}),
        ...headers,
      },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      )
    })
    return {
      send: (bytes) =>
        new Promise((sent, failed) => {
          request.write(bytes, (error) => (error ? failed(error) : sent()))
        }),
      end: () => request.end(),
      destroy: () => request.destroy(),
      answer,
    }
  }
}

export const contentPath = (image: string): string => `/images/${image}/content`

/** The JSON of a body. */
export const jsonOf = <Value = unknown>({ body }: HttpAnswer): Value => JSON.parse(body.toString())

/**
 * Status, code and detail of a problem document. Throws where it is none, or its status or request id are not those of the
 * headers.
 */
export const problemOf = (answer: HttpAnswer): readonly [number, string, string] => {
  const { status, headers, body } = answer
  const problem = jsonOf<{ status: number; code: string; detail: string; requestId: string }>(answer)
  const isProblem =
    headers['content-type'] === 'application/problem+json; charset=utf-8' &&
    headers['x-request-id'] === problem.requestId &&
    status === problem.status
  if (!isProblem) throw new Error(`This is no problem document: ${JSON.stringify(headers)} ${body}`)
  return [problem.status, problem.code, problem.detail]
}

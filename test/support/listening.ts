import { onTestFinished } from 'vitest'
import type { Client, GraphqlError } from './client.ts'

/** One value of a subscription. */
export interface Told<Data> {
  readonly data?: Data | null
  readonly errors?: readonly GraphqlError[]
  readonly extensions?: { readonly position?: string }
}

/** A subscription over HTTP that is open, as server-sent events. */
export interface Listening<Data> {
  readonly status: number
  readonly headers: Headers
  /** The next value; null when there will be none any more. Rejects where the line was cut. */
  next(): Promise<Told<Data> | null>
  /** All that comes until the end. */
  rest(): Promise<readonly Told<Data>[]>
  /** Goes without a word. */
  leave(): void
}

/** Subscribes for the test that runs. */
export const listen = async <Data>(
  { url }: Client,
  token: string | null,
  query: string,
  variables: object = {},
  extensions?: object,
): Promise<Listening<Data>> => {
  const line = new AbortController()
  onTestFinished(() => line.abort())
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    signal: line.signal,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables, extensions }),
  })
  const messages = messagesOf(response)
  const next = async () => {
    for (;;) {
      const { value, done } = await messages.next()
      if (done || value.event === 'complete') return null
      if (value.event === 'next') return JSON.parse(value.data)
    }
  }
  const rest = async () => {
    const all: Told<Data>[] = []
    for (let told = await next(); told !== null; told = await next()) all.push(told)
    return all
  }
  return { status: response.status, headers: response.headers, next, rest, leave: () => line.abort() }
}

/** Read when asked for: whoever does not ask lets the line fill. */
async function* messagesOf({ body }: Response) {
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes, { stream: true })
    const messages = text.split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(message)?.[1] ?? ''
      yield { event: field('event'), data: field('data') }
    }
  }
}

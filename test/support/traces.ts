import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A span as a receiver got it. */
export interface ReceivedSpan {
  readonly service: string
  readonly node: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly failed: boolean
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values: readonly Value[] }
}
type Attributes = readonly { readonly key: string; readonly value: Value }[]

interface Message {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly attributes: Attributes
        readonly status: { readonly code?: number }
      }[]
    }[]
  }[]
}

const plain = ({ stringValue, intValue, boolValue, arrayValue }: Value): unknown =>
  arrayValue === undefined ? (stringValue ?? intValue ?? boolValue) : arrayValue.values.map(plain)

const attributesIn = (attributes: Attributes) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))

const spansIn = ({ resourceSpans }: Message): readonly ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const of = attributesIn(resource.attributes)
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId, attributes, status }) => ({
        service: String(of['service.name']),
        node: String(of['service.instance.id']),
        name,
        traceId,
        spanId,
        parentSpanId,
        attributes: attributesIn(attributes),
        failed: status.code === 2,
      })),
    )
  })

/** A receiver of OTLP over HTTP, in JSON, for the test that runs. */
export const startReceiver = async () => {
  const spans: ReceivedSpan[] = []
  const server = createServer((request, response) => {
    if (request.url !== '/v1/traces') return void response.writeHead(404).end()
    void json(request).then((message) => {
      spans.push(...spansIn(message as Message))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans }
}

import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, parseTraceParent } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Logger } from '../../application/ports/logger.ts'

export interface TracingOptions {
  /** The base of an OTLP/HTTP receiver: spans go to `/v1/traces` below it. */
  readonly endpoint: string
  readonly serviceName: string
  /** Of the traces that begin here so many are sent: 0 to 1. What begins elsewhere is decided there. */
  readonly share: number
  readonly version: string
  readonly logger: Logger
}

/** Something under way that becomes a span. */
export interface Step {
  /** `failed`: by no fault of the client. */
  end(attributes: Attributes, failed: boolean): void
}

/** An append, which commands of several requests may share: a step in the trace of each. */
export interface AppendStep extends Step {
  /** The W3C traceparent of its span for a request, for the events that are of it. */
  traceparentOf(requestId: string): string
}

/** So long may sending some spans take, in all attempts: the last ones hold the end of the process up for as long. */
const SEND_MS = 2_000
/** A receiver that is away is told of once in so many milliseconds. */
const WARN_EVERY_MS = 60_000

/**
 * Spans of what this process does. Which request something belongs to is known by the request's id, that events carry too,
 * and not by the context of asynchronous calls: commands of several requests queue for their stream and share an append.
 */
export class Tracing {
  readonly #provider: TracerProvider
  readonly #tracer: Tracer
  /** The innermost step of each request that is under way. */
  readonly #innermost = new Map<string, Span>()

  constructor({ endpoint, serviceName, share, version, logger }: TracingOptions) {
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
    const exporter = new OTLPTraceExporter({ url, timeoutMillis: SEND_MS })
    this.#provider = new TracerProvider({
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
      resource: resourceFromAttributes({
        'service.name': serviceName,
        'service.version': version,
        'service.instance.id': crypto.randomUUID(),
      }),
      spanProcessors: [new BatchSpanProcessor({ exporter: toldOf(exporter, logger) })],
    })
    this.#tracer = this.#provider.getTracer('image-ledger', version)
  }

  /** A request, in the trace that its client is in already where it says so. */
  request(requestId: string, name: string, traceparent: unknown, attributes: Attributes): Step {
    return this.#enter(requestId, name, SpanKind.SERVER, remote(traceparent), attributes)
  }

  /** A part of a request; parts that begin within it lie in it. */
  part(requestId: string, name: string, attributes: Attributes): Step {
    return this.#enter(requestId, name, SpanKind.INTERNAL, this.#within(requestId), attributes)
  }

  /** What the service does by itself is of no request, and begins a trace. */
  append(requestIds: ReadonlySet<string>, attributes: Attributes): AppendStep {
    const spans = new Map(
      [...requestIds].map((id) => [
        id,
        this.#tracer.startSpan('append', { kind: SpanKind.PRODUCER, attributes }, this.#within(id)),
      ]),
    )
    return {
      traceparentOf: (id) => traceparentOf(spans.get(id)?.spanContext()),
      end: (more, failed) => {
        for (const span of spans.values()) ended(span, more, failed)
      },
    }
  }

  /** What was just done because of a span that may be another process's; it took so many milliseconds. */
  followed(traceparent: string, name: string, tookMs: number, attributes: Attributes): void {
    const now = performance.timeOrigin + performance.now()
    const options = { kind: SpanKind.CONSUMER, startTime: now - tookMs, attributes }
    this.#tracer.startSpan(name, options, remote(traceparent)).end(now)
  }

  /** Sends what is there still. */
  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined)
  }

  #within(requestId: string): Context {
    const span = this.#innermost.get(requestId)
    return span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span)
  }

  #enter(requestId: string, name: string, kind: SpanKind, parent: Context, attributes: Attributes): Step {
    const outer = this.#innermost.get(requestId)
    const span = this.#tracer.startSpan(name, { kind, attributes }, parent)
    this.#innermost.set(requestId, span)
    return {
      end: (more, failed) => {
        if (outer === undefined) this.#innermost.delete(requestId)
        else this.#innermost.set(requestId, outer)
        ended(span, more, failed)
      },
    }
  }
}

const ended = (span: Span, attributes: Attributes, failed: boolean): void => {
  span.setAttributes(attributes)
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/** https://www.w3.org/TR/trace-context/ */
const traceparentOf = (span: SpanContext | undefined): string =>
  span === undefined ? '' : `00-${span.traceId}-${span.spanId}-0${(span.traceFlags & 1).toString(16)}`

/** Within the span that a traceparent names; what is none begins a trace. */
const remote = (traceparent: unknown): Context => {
  const span = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null
  return span === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...span, isRemote: true })
}

/** The log tells of spans that cannot be sent; nothing else comes of it. */
const toldOf = (exporter: SpanExporter, logger: Logger): SpanExporter => {
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = (result: ExportResult): void => {
    if (result.code === ExportResultCode.SUCCESS || performance.now() - toldAt < WARN_EVERY_MS) return
    toldAt = performance.now()
    logger.warn({ reason: result.error?.message }, 'Traces cannot be sent: they are lost.')
  }
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        tell(result)
        done(result)
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}

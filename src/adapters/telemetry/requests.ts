import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Measures, secondsSince } from './measures.ts'
import type { Tracing } from './tracing.ts'

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

/** Measures and traces every request from its head to the end of its answer. To be called before hooks that may answer. */
export const watchRequests =
  (measures: Measures, tracing: Tracing | null) =>
  (app: FastifyInstance): void => {
    const durations = measures.durations(
      'http_request_duration_seconds',
      'HTTP requests, from the head to the end of the answer, uploads and downloads included. route: its pattern, or none; status: its class, or aborted where the line broke first. Without subscriptions.',
      ['method', 'route', 'status'],
      BUCKETS,
    )
    const underWay = measures.gauge('http_requests_in_progress', 'HTTP requests that are being answered.')
    app.addHook('onRequest', (request, reply, done) => {
      const begun = performance.now()
      const { id, method, headers } = request
      const route = request.routeOptions.url ?? 'none'
      underWay.inc()
      const span = tracing?.request(id, `${method} ${route}`, headers['traceparent'], {
        'http.request.method': method,
        'http.route': route,
        'image_ledger.request_id': id,
      })
      reply.raw.once('close', () => {
        const { statusCode, writableFinished } = reply.raw
        const status = writableFinished ? `${Math.floor(statusCode / 100)}xx` : 'aborted'
        underWay.dec()
        // How long somebody listens is no measure of how long it takes.
        if (!isStream(reply)) durations.observe({ method, route, status }, secondsSince(begun))
        span?.end({ 'http.response.status_code': statusCode }, statusCode >= 500)
      })
      done()
    })
  }

const isStream = (reply: FastifyReply): boolean =>
  String(reply.getHeader('content-type')).startsWith('text/event-stream')

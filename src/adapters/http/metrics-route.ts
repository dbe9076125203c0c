import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sendProblem, unauthenticatedProblem } from './problem.ts'
import type { HttpTelemetry } from './telemetry.ts'

const PATH = '/metrics'

/** True for a request for the metrics that sends the scraper's own token. */
export const scraperWith = (token: string | undefined): ((request: FastifyRequest) => boolean) => {
  if (token === undefined) return () => false
  const expected = digest(`Bearer ${token}`)
  // Digests are of one length, and tell nothing by how long comparing them takes.
  return ({ routeOptions, headers }) =>
    routeOptions.url === PATH && timingSafeEqual(digest(headers.authorization ?? ''), expected)
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** GET /metrics: for the scraper and for operators, for it tells of everybody. */
export const metricsRoute = (
  app: FastifyInstance,
  { text, contentType }: HttpTelemetry,
  isScraper: (request: FastifyRequest) => boolean,
): void => {
  app.get(PATH, async (request, reply) => {
    const { principal } = request
    if (!isScraper(request) && principal?.operator !== true) {
      if (principal === null)
        return sendProblem(reply.header('www-authenticate', 'Bearer'), unauthenticatedProblem)
      return sendProblem(reply, { status: 403, code: 'FORBIDDEN', detail: 'Metrics are for operators only.' })
    }
    return reply
      .type(contentType)
      .header('cache-control', 'no-store')
      .send(await text())
  })
}

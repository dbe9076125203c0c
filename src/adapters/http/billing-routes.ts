import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../application/command.ts'
import { millisOf } from '../../domain/kernel/instant.ts'
import { monthSchema, startOfMonth } from '../../domain/kernel/month.ts'
import type { Api } from '../../graphql/context.ts'
import { shownBy } from '../../graphql/usage-shown.ts'
import { type ExportRequest, exportOf } from '../../projections/billing/exports/export.ts'
import { problemOf, sendProblem, unauthenticatedProblem } from './problem.ts'

const formats: Readonly<Record<string, ExportRequest['format']>> = {
  'usage.csv': 'USAGE',
  'focus-1.2.csv': '1.2',
  'focus-1.4.csv': '1.4',
}

interface ExportRoute {
  Querystring: Readonly<Record<string, unknown>>
}

/** GET /billing/<file>?account=…&month=…: a month of an account as CSV, for those who may see its usage. */
export const billingRoutes = (
  app: FastifyInstance,
  api: Api,
  callerOf: (request: FastifyRequest) => Caller | null,
): void => {
  for (const [file, format] of Object.entries(formats))
    app.get<ExportRoute>(`/billing/${file}`, async (request, reply) => {
      const caller = callerOf(request)
      if (caller === null)
        return sendProblem(reply.header('www-authenticate', 'Bearer'), unauthenticatedProblem)
      return sendExport(api, file, format, caller, request.query, reply)
    })
}

const sendExport = async (
  { catalog, billing, billed, services }: Api,
  file: string,
  format: ExportRequest['format'],
  { principal }: Caller,
  { account, month: given }: ExportRoute['Querystring'],
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const refuse = (detail: string) => sendProblem(reply, { status: 400, code: 'INVALID_INPUT', detail })
  if (typeof account !== 'string')
    return refuse('account: name the account, as in ?account=acme&month=2026-03.')
  const shown = shownBy(catalog, principal, { account, projects: null })
  if (shown._tag === 'Left') return sendProblem(reply, problemOf(shown.left))
  const month = monthSchema.safeParse(given)
  if (!month.success) return refuse('month: must be a month such as 2026-03.')
  const asOf = millisOf(services.clock.now())
  if (startOfMonth(month.data) > asOf) return refuse(`month: ${month.data} has not begun.`)
  await billed()
  const request = { format, ...shown.right, month: month.data, asOf }
  const pieces = await exportOf(billing, request)
  return reply
    .headers({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${shown.right.account}-${month.data}-${file}"`,
      'cache-control': 'private, no-store',
    })
    .send(Readable.from(pieces, { objectMode: false }))
}

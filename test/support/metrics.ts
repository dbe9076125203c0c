import type { Client } from './client.ts'
import { tokens } from './tokens.ts'

/** What a scraper reads: each sample as it stands there, without `image_ledger_`, and its value. */
export type Samples = ReadonlyMap<string, number>

/** The samples of a text in Prometheus's format. Throws for a line that is none. */
export const samplesIn = (text: string): Samples => {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [, sample = '', value = ''] = /^(?:image_ledger_)?(\w+(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? []
      // Of what was not measured since the last reading the mean is none, as the library writes it.
      if (sample === '' || (value !== 'Nan' && Number.isNaN(Number(value))))
        throw new Error(`This is no sample: ${line}`)
      return [sample, Number(value)]
    }),
  )
}

/** /metrics as operators read it. */
export const metricsText = async (client: Client): Promise<string> => {
  const { status, body } = await client.http({ path: '/metrics', token: tokens.operator })
  if (status !== 200) throw new Error(`The metrics were refused: ${body}`)
  return body.toString()
}

export const metricsOf = async (client: Client): Promise<Samples> => samplesIn(await metricsText(client))

/** By how much the samples of some metrics have grown from one reading to the next; what has not is left out. */
export const growth = (
  before: Samples,
  now: Samples,
  metrics: readonly string[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...now]
      .filter(([sample]) => metrics.includes(sample.replace(/\{.*/, '')))
      .map(([sample, value]) => [sample, value - (before.get(sample) ?? 0)] as const)
      .filter(([, grown]) => grown !== 0),
  )

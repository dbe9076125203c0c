import { performance } from 'node:perf_hooks'

/** One line of the report: what was measured, and what the machine gave at most, in the same run. */
export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: string
  /** The limit that it is held against, and its figure in the same unit; null where it is an absolute aim. */
  readonly limit: { readonly what: string; readonly value: number } | null
  /** The aim, in words. */
  readonly aim: string
}

/** Runs `work` `count` times, `concurrency` at a time, and gives runs per second. */
export const perSecond = async (
  count: number,
  concurrency: number,
  work: (n: number) => Promise<unknown>,
): Promise<number> => {
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let n = next++; n < count; n = next++) await work(n)
    }),
  )
  return (count / (performance.now() - start)) * 1000
}

/** Seconds that `work` takes. */
export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** The median of several measurements: the machine is noisy. */
export const medianOf = async (times: number, measure: () => Promise<number>): Promise<number> => {
  const values: number[] = []
  for (let n = 0; n < times; n += 1) values.push(await measure())
  return middleOf(values)
}

/** The medians of several measurements, made in turn: what slows the machine for a while slows all of them. */
export const mediansInTurn = async (
  times: number,
  measures: readonly (() => Promise<number>)[],
): Promise<readonly number[]> => {
  const values: number[][] = measures.map(() => [])
  // The first time warms up.
  for (let n = 0; n <= times; n += 1)
    for (const [place, measure] of measures.entries()) {
      const value = await measure()
      if (n > 0) values[place]?.push(value)
    }
  return values.map(middleOf)
}

const middleOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)

/** The figures as a Markdown table, with the share of the limit where there is one. */
export const table = (figures: readonly Figure[]): string => {
  const rows = figures.map(({ what, measured, unit, limit, aim }) => [
    what,
    `${number(measured)} ${unit}`,
    limit === null ? '' : `${number(limit.value)} ${unit} (${limit.what})`,
    limit === null ? '' : `${Math.round((measured / limit.value) * 100)} %`,
    aim,
  ])
  const header = ['what', 'measured', 'limit, same run', 'share', 'aim']
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

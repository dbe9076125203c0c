import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accessFigures } from './access.ts'
import { billingFigures } from './billing.ts'
import { byteFigures } from './bytes.ts'
import { commandFigures } from './commands.ts'
import { graphqlFigures } from './graphql.ts'
import { type Figure, table } from './measure.ts'
import { nodeFigures } from './nodes.ts'
import { replayFigures } from './replay.ts'
import { seed } from './seed.ts'
import { startBenchService } from './service.ts'

// npm run bench: every figure beside the limit that was measured in the same run. docs/benchmarks.md has the last ones.
// npm run bench -- billing: only that part; start, seeded, bytes, billing, access and nodes are there.
// The part of nodes is over EVENTSTORE_URL and S3_ENDPOINT, … where these are set and hold nothing yet, else over stand-ins;
// BENCH_NODE_EVENTS says how many events are behind a new node, if not 1,000,000.

const IMAGES = 100_000
const PORT = 4_017

const directory = (name: string): string => mkdtempSync(join(tmpdir(), `image-ledger-bench-${name}-`))
const startFigures = async (): Promise<Figure[]> => {
  const empty = directory('empty')
  const first = await startBenchService(empty, PORT)
  await sleep(2_000)
  const idle = first.memory().now
  await first.stop()
  rmSync(empty, { recursive: true })
  return [
    {
      what: 'start to the first ready answer',
      measured: first.startSeconds,
      unit: 's',
      limit: null,
      aim: 'under 1 s',
    },
    { what: 'memory when idle', measured: idle, unit: 'MB', limit: null, aim: 'under 150 MB' },
  ]
}

const inDirectory = async (name: string, measure: (directory: string) => Promise<Figure[]>) => {
  const made = directory(name)
  try {
    return await measure(made)
  } finally {
    rmSync(made, { recursive: true })
  }
}

const seededFigures = async (seeded: string): Promise<Figure[]> => {
  await seed(seeded, IMAGES)
  const figures = await replayFigures(seeded)
  const service = await startBenchService(seeded, PORT)
  figures.push(...(await graphqlFigures(service)))
  await service.stop()
  return [...figures, ...(await commandFigures(seeded))]
}

const bytesFigures = async (seeded: string): Promise<Figure[]> => {
  await seed(seeded, IMAGES)
  // It builds the catalog, which takes more memory than any image.
  await (await startBenchService(seeded, PORT)).stop()
  const service = await startBenchService(seeded, PORT)
  try {
    return await byteFigures(service, seeded)
  } finally {
    await service.stop()
  }
}

const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
  start: startFigures,
  seeded: () => inDirectory('seeded', seededFigures),
  bytes: () => inDirectory('bytes', bytesFigures),
  billing: () => inDirectory('billing', (empty) => billingFigures(empty, PORT)),
  access: () => inDirectory('large', (empty) => accessFigures(empty, PORT)),
  nodes: () => inDirectory('nodes', (empty) => nodeFigures(empty, PORT)),
}
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) throw new Error(`There are the parts ${Object.keys(parts)}, not ${unknown}`)
const figures: Figure[] = []
for (const [name, measure] of Object.entries(parts))
  if (wanted.length === 0 || wanted.includes(name)) figures.push(...(await measure()))
const [cpu] = cpus()
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model}, Node ${process.version}\n`,
)
console.log(table(figures))

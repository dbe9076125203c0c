import type { ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from './measure.ts'
import { BENCH } from './seed.ts'
import { type BenchService, latency } from './service.ts'
import { beginUpload, newImage } from './upload.ts'

// What one client waits for its lists while many others send their images slowly.

const UPLOADS = 50
const BYTES_PER_SECOND = 16 * 1024
const PAUSE_MS = 250
const PIECE = Buffer.alloc((BYTES_PER_SECOND * PAUSE_MS) / 1000)
/** None of them comes to its end. */
const SIZE = 2 ** 30
const LISTS = 3_000

const list = {
  query: `query ($project: ID!) { images(project: $project, first: 25) {
    nodes { id name status sizeBytes format os version createdAt } pageInfo { hasNextPage endCursor } } }`,
  variables: { project: BENCH.project },
}

export const slowUploadFigures = async (service: BenchService): Promise<Figure[]> => {
  const without = await latency(service, list, LISTS)
  const uploads = await Promise.all(Array.from({ length: UPLOADS }, () => beginSlowly(service)))
  const beside = await latency(service, list, LISTS)
  for (const upload of uploads) upload.stop()
  const broken = uploads.filter((upload) => upload.isOver())
  if (broken.length > 0) throw new Error(`${broken.length} of the slow uploads did not last`)
  const figure = (what: string, measured: number, value: number, aim: string): Figure => ({
    what,
    measured,
    unit: 'ms',
    limit: { what: 'the same lists without them', value },
    aim,
  })
  return [
    figure(
      `images, 25 of 100,000, while ${UPLOADS} uploads bring 16 KiB/s each: p50`,
      beside.p50,
      without.p50,
      '',
    ),
    figure('… its p99', beside.p99, without.p99, 'under 50 ms'),
  ]
}

const beginSlowly = async (service: BenchService) => {
  const sending = beginUpload(service, await newImage(service), SIZE)
  let over = false
  let stopped = false
  const end = () => {
    over ||= !stopped
  }
  sending.on('response', end).on('error', end).on('close', end)
  void sendSlowly(sending, () => stopped || over)
  return {
    /** Whether the service ended it. */
    isOver: () => over,
    stop: () => {
      stopped = true
      sending.destroy()
    },
  }
}

const sendSlowly = async (sending: ClientRequest, isOver: () => boolean): Promise<void> => {
  // Not all of them at the same moment.
  await sleep(Math.random() * PAUSE_MS)
  while (!isOver()) {
    sending.write(PIECE)
    await sleep(PAUSE_MS)
  }
}

import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { BENCH } from './seed.ts'
import { ask, type BenchService } from './service.ts'

let created = 0

/** Where the bytes of a new image go, and come from. */
export const newImage = async (service: BenchService): Promise<string> => {
  created += 1
  const { imageCreate } = await ask(
    service,
    'mutation ($input: ImageCreateInput!) { imageCreate(input: $input) { ... on Image { id } ... on Error { message } } }',
    { input: { project: BENCH.project, name: `bench-upload-${created}`, source: { upload: {} } } },
  )
  if (imageCreate?.id === undefined) throw new Error(imageCreate?.message)
  return `${service.url}/images/${imageCreate.id}/content`
}

/** Begins to send so many bytes. */
export const beginUpload = (service: BenchService, url: string, size: number): ClientRequest =>
  request(url, {
    method: 'PUT',
    headers: { authorization: `Bearer ${service.token}`, 'content-length': size },
  })

/** Sends an image's bytes, so many in all, and waits until they are taken. */
export const upload = async (
  service: BenchService,
  url: string,
  chunks: Iterable<Buffer>,
  size: number,
): Promise<void> => {
  const sending = beginUpload(service, url, size)
  const [[answer]] = await Promise.all([
    once(sending, 'response') as Promise<[IncomingMessage]>,
    pipeline(Readable.from(chunks), sending),
  ])
  const said = await text(answer)
  if (answer.statusCode !== 201) throw new Error(said)
}

import { Upload, type UploadOptions } from 'tus-js-client'
import type { Client, HttpAnswer } from './client.ts'
import { tokens } from './tokens.ts'

export const BYTES = 'application/offset+octet-stream'

/** A request of the protocol, by the collaborator unless said otherwise. */
export const tus = (
  service: Client,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: Uint8Array,
  token: string | null = tokens.collaborator,
): Promise<HttpAnswer> =>
  service.http({
    method,
    path,
    token,
    headers: { 'tus-resumable': '1.0.0', ...headers },
    ...(body === undefined ? {} : { body }),
  })

/** Begins an upload and gives its path. Throws where it is refused. */
export const beginTus = async (service: Client, image: string, size: number): Promise<string> => {
  const { status, headers, body } = await tus(service, 'POST', '/uploads', {
    'upload-length': String(size),
    'upload-metadata': `filename ZGlzaw==,image ${Buffer.from(image).toString('base64')}`,
  })
  if (status !== 201 || headers.location === undefined) throw new Error(`The upload was refused: ${body}`)
  return headers.location
}

/** Where an upload is to be resumed. Throws where it is not. */
export const offsetOf = async (service: Client, path: string): Promise<number> => {
  const { status, headers } = await tus(service, 'HEAD', path)
  if (status !== 200) throw new Error(`There is no upload ${path}: ${status}`)
  return Number(headers['upload-offset'])
}

/** An upload by a client that others have written. Rejects with what it says of a refusal. */
export const byTus = (
  service: Client,
  image: string,
  bytes: Buffer,
  options: Partial<UploadOptions> = {},
): Promise<void> =>
  new Promise((resolve, reject) => {
    new Upload(bytes, {
      endpoint: `${service.url}/uploads`,
      metadata: { image, filename: 'disk.raw' },
      headers: { authorization: `Bearer ${tokens.collaborator}` },
      retryDelays: [],
      onSuccess: () => resolve(),
      onError: reject,
      ...options,
    }).start()
  })

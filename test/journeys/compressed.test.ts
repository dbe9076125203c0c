import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { bomb, packedSamples, packings, sample, zstd, zstdBomb } from '../support/compressed.ts'
import { qcow2 } from '../support/images.ts'
import { available, imageOf, register } from '../support/library.ts'
import { seededService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { blobsOf, disk } from '../support/uploads.ts'

const { collaborator } = tokens
const MiB = 1024 * 1024
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test.each([
  ['GZIP', gzipSync(disk), 'debian.raw.gz'],
  ['ZSTD', zstd(disk), 'debian.raw.zst'],
])(
  'a raw disk within %s is kept as it came, and known for what is in it',
  async (compression, packed, file) => {
    const service = await seededService()
    const id = await register(service, 'debian', { format: 'RAW', sizeBytes: String(packed.length) })
    const answer = await service.upload(collaborator, id, packed)
    expect(answer.status).toBe(201)
    expect(answer.headers['etag']).toBe(`"${sha256(packed)}"`)
    expect(await imageOf(service, id, 'status format compression sizeBytes virtualSizeBytes')).toStrictEqual({
      status: 'AVAILABLE',
      format: 'RAW',
      compression,
      sizeBytes: String(packed.length),
      virtualSizeBytes: String(disk.length),
    })
    const download = await service.download(collaborator, id)
    expect(download.body.equals(packed)).toBe(true)
    expect(download.headers['content-type']).toBe('application/octet-stream')
    expect(download.headers['content-disposition']).toBe(`attachment; filename=${file}`)
  },
)

test('all compressions are taken, at the same time', async () => {
  const service = await seededService()
  await Promise.all(
    packings.map(async (compression) => {
      const id = await available(service, `in-${compression.toLowerCase()}`, packedSamples[compression])
      expect(await imageOf(service, id, 'format compression virtualSizeBytes')).toStrictEqual({
        format: 'RAW',
        compression,
        virtualSizeBytes: String(sample.length),
      })
    }),
  )
})

const limits = { MAX_VIRTUAL_BYTES: String(16 * MiB) }

test.each<[string, Buffer, string, string]>([
  [
    'with an unsafe image within',
    Buffer.concat([gzipSync(''), gzipSync(qcow2({ virtualSize: MiB, backingFile: '/etc/passwd' }))]),
    'UNSAFE_BACKING_FILE',
    'The qcow2 image names a backing file: flatten it, for example with qemu-img convert.',
  ],
  [
    'twice',
    gzipSync(packedSamples.ZSTD),
    'NESTED_COMPRESSION',
    'The image is compressed twice, ZSTD within GZIP: send it with one layer.',
  ],
  [
    'and cut off',
    packedSamples.XZ.subarray(0, -1),
    'INVALID_IMAGE',
    'The xz image is cut off: its end is missing.',
  ],
  [
    'from more than is allowed',
    bomb,
    'DECOMPRESSED_LIMIT',
    'The image decompresses to more than 16777216 bytes, the most that a disk may have.',
  ],
])('what is compressed %s is refused, and nothing of it is kept', async (_, packed, code, sentence) => {
  const service = await seededService(limits)
  const id = await register(service, 'debian')
  expect(problemOf(await service.upload(collaborator, id, packed))).toStrictEqual([422, code, sentence])
  expect(await imageOf(service, id, 'status statusCode')).toStrictEqual({ status: 'ERROR', statusCode: code })
  expect(await blobsOf(service)).toStrictEqual([])
})

test('who sends a bomb is told before all of it is sent', async () => {
  const service = await seededService(limits)
  const id = await register(service, 'debian')
  const upload = service.beginUpload(collaborator, id, null)
  // It is never ended: only a refusal can answer it.
  const sending = (async () => {
    for (;;) await upload.send(zstdBomb(50 * 1024))
  })().catch(() => undefined)
  expect(problemOf(await upload.answer)[1]).toBe('DECOMPRESSED_LIMIT')
  upload.destroy()
  await sending
})

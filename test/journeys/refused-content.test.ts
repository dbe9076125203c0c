import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { qcow2, rawDisk } from '../support/images.ts'
import { command, historyOf, imageOf, register } from '../support/library.ts'
import { seededService, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { blobsOf, disk } from '../support/uploads.ts'

const { collaborator } = tokens
const MiB = 1024 * 1024
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const statusOf = (service: TestService, id: string) =>
  imageOf<{ status: string; statusCode: string | null; statusReason: string | null }>(
    service,
    id,
    'status statusCode statusReason',
  )

describe('what arrives and is not what was declared', () => {
  const other = 'f'.repeat(64)
  test.each([
    [
      'of another format',
      { format: 'QCOW2' },
      'FORMAT_MISMATCH',
      'The image was declared as QCOW2, but its bytes are RAW.',
    ],
    [
      'shorter',
      { sizeBytes: String(2 * MiB + 1) },
      'SIZE_MISMATCH',
      `The image was declared with ${2 * MiB + 1} bytes, but ${2 * MiB} bytes came.`,
    ],
    [
      'longer',
      { sizeBytes: '1000' },
      'SIZE_MISMATCH',
      '1000 bytes were declared, but more came: create the image anew with its true size.',
    ],
    [
      'of another digest',
      { sha256: other },
      'CHECKSUM_MISMATCH',
      `The image was declared with SHA-256 ${other}, but that of its bytes is ${sha256(disk)}.`,
    ],
  ])('%s ends in ERROR, and may be tried again', async (_, declared, code, sentence) => {
    const service = await seededService()
    const id = await register(service, 'debian', declared)
    expect(problemOf(await service.upload(collaborator, id, disk))).toStrictEqual([422, code, sentence])
    expect(await statusOf(service, id)).toStrictEqual({
      status: 'ERROR',
      statusCode: code,
      statusReason: sentence,
    })
    expect(await blobsOf(service)).toStrictEqual([])
    expect(problemOf(await service.upload(collaborator, id, disk))).toStrictEqual([
      409,
      'INVALID_STATE',
      'The image is ERROR: ask for imageRetry first, then send the bytes again.',
    ])
    const retried = await command(service, collaborator, 'imageRetry', { image: id })
    expect(retried).toStrictEqual({
      __typename: 'Image',
      id,
      name: 'debian',
      status: 'CREATING',
      revision: 2,
    })
    expect(await statusOf(service, id)).toStrictEqual({
      status: 'CREATING',
      statusCode: null,
      statusReason: null,
    })
  })

  test('is followed by the right bytes after a retry', async () => {
    const service = await seededService()
    const id = await register(service, 'debian', { sha256: sha256(disk).toUpperCase(), format: 'RAW' })
    expect((await service.upload(collaborator, id, disk.subarray(1))).status).toBe(422)
    await command(service, collaborator, 'imageRetry', { image: id })
    expect((await service.upload(collaborator, id, disk)).status).toBe(201)
    expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)
    expect(await historyOf(service, id)).toStrictEqual([
      'ImageRegistered',
      'ImageCreationFailed',
      'ImageCreationRetried',
      'ImageContentStored',
      'ImageBecameAvailable',
    ])
  })
})

describe('bytes that no image may have', () => {
  test.each([
    [
      'a qcow2 with a backing file',
      qcow2({ virtualSize: MiB, backingFile: '/etc/passwd' }),
      422,
      'UNSAFE_BACKING_FILE',
      'The qcow2 image names a backing file: flatten it, for example with qemu-img convert.',
    ],
    [
      'a qcow2 with a data file',
      qcow2({ virtualSize: MiB, dataFile: '/etc/shadow' }),
      422,
      'UNSAFE_DATA_FILE',
      'The qcow2 image keeps its data in an external file: convert it to one file, for example with qemu-img convert.',
    ],
    [
      'a disk too large for a guest',
      qcow2({ virtualSize: 8 * 1024 * MiB }),
      422,
      'VIRTUAL_SIZE_LIMIT',
      'The disk in the image is of 8589934592 bytes: at most 4294967296 are accepted.',
    ],
    ['no bytes at all', Buffer.alloc(0), 422, 'EMPTY_IMAGE', 'There is not a single byte in the image.'],
    [
      'too many',
      rawDisk(4 * MiB + 1, 2),
      413,
      'SIZE_LIMIT',
      'The image is larger than 4194304 bytes, the most that this service takes.',
    ],
  ])('are refused: %s', async (_, bytes, status, code, sentence) => {
    const service = await seededService({
      MAX_IMAGE_BYTES: String(4 * MiB),
      MAX_VIRTUAL_BYTES: String(4096 * MiB),
    })
    for (const chunked of [false, true]) {
      const id = await register(service, chunked ? 'chunked' : 'measured')
      const upload = service.beginUpload(collaborator, id, chunked ? null : bytes.length)
      if (bytes.length > 0) await upload.send(bytes)
      upload.end()
      expect(problemOf(await upload.answer)).toStrictEqual([status, code, sentence])
      expect(await statusOf(service, id)).toStrictEqual({
        status: 'ERROR',
        statusCode: code,
        statusReason: sentence,
      })
    }
    expect(await blobsOf(service)).toStrictEqual([])
  })
})

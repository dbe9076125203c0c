import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { jsonOf } from '../support/client.ts'
import { rawDisk } from '../support/images.ts'
import { available, imageOf, register } from '../support/library.ts'
import { startS3rver } from '../support/s3.ts'
import { emptyService, seed } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'

const disk = rawDisk(100_000, 1)

test('without the object store bytes are refused in both directions, clearly, and everything else goes on', async () => {
  const home = await mkdtemp(join(tmpdir(), 'image-ledger-s3-'))
  const s3 = await startS3rver(home)
  const { endpoint, bucket, accessKey, secretKey } = s3.options
  const service = await emptyService({
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY: accessKey,
    S3_SECRET_KEY: secretKey,
  })
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  await seed(service)
  const there = await available(service, 'debian', disk)
  await s3.stop()
  const refused = { code: 'STORE_UNAVAILABLE', status: 503 }
  expect(jsonOf(await service.download(tokens.collaborator, there))).toMatchObject(refused)
  const id = await register(service, 'fedora')
  expect(jsonOf(await service.upload(tokens.collaborator, id, disk))).toMatchObject(refused)
  // It may be sent again.
  expect(await imageOf(service, id, 'name status')).toStrictEqual({ name: 'fedora', status: 'CREATING' })
})

import { onTestFinished } from 'vitest'
import { openS3BlobStore } from '../../../src/adapters/minio/blob-store.ts'
import { blobStoreContract } from '../../contracts/blob-store.ts'
import { startS3 } from '../../support/s3.ts'

blobStoreContract('S3', async () => {
  const { options, stop } = await startS3()
  onTestFinished(stop)
  return openS3BlobStore(options)
})

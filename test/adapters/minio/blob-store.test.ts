import { onTestFinished } from 'vitest'
import { openS3BlobStore } from '../../../src/adapters/minio/blob-store.ts'
import { blobStoreContract } from '../../contracts/blob-store.ts'
import { startS3 } from '../../support/s3.ts'
import { tempDirectory } from '../../support/temp.ts'

blobStoreContract('S3', async () => {
  const { options, stop } = await startS3(await tempDirectory())
  onTestFinished(stop)
  return openS3BlobStore(options)
})

import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { filesIn } from '../support/files.ts'
import { rawDisk } from '../support/images.ts'
import { available } from '../support/library.ts'
import { seededService } from '../support/service.ts'
import { stores } from '../support/stores.ts'

test('events and bytes are kept where this run of the tests wants them', async ({ task }) => {
  const service = await seededService()
  await available(service, 'debian', rawDisk(5_000, 1))
  const kept = await stores.blobFiles(service.directory)
  expect(kept).toHaveLength(1)
  const own = await filesIn(service.directory)
  const embedded = task.file.projectName === 'embedded'
  expect(own.includes(kept[0] ?? '')).toBe(embedded)
  expect(own.map((file) => basename(file)).includes('events.sqlite')).toBe(embedded)
})

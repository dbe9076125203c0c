import { join } from 'node:path'
import { expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { filesIn } from '../support/files.ts'
import { rawDisk } from '../support/images.ts'
import { historyOf, register } from '../support/library.ts'
import { mayMount } from '../support/mounts.ts'
import { processOnSmallDisk } from '../support/process.ts'
import { seed } from '../support/service.ts'
import { tempDirectory } from '../support/temp.ts'
import { tokens } from '../support/tokens.ts'
import { progressOf } from '../support/uploads.ts'

const { collaborator } = tokens
const MiB = 1024 * 1024

test.skipIf(!mayMount)(
  'a disk that is full refuses bytes, makes room again, and the service goes on',
  async () => {
    const directory = await tempDirectory()
    const service = await processOnSmallDisk(directory, 4)
    await seed(service)
    const id = await register(service, 'debian')
    // As the service sees it: nobody else does.
    const blobs = join(`/proc/${service.pid}/root`, directory, 'blobs')

    // Two at once, that have no room beside each other: at least one of them finds none.
    const other = await register(service, 'fedora')
    const answers = await Promise.all([
      service.upload(collaborator, id, rawDisk(16 * MiB, 1)),
      service.upload(collaborator, other, rawDisk(16 * MiB, 2)),
    ])
    for (const answer of answers)
      expect(problemOf(answer)).toStrictEqual([
        507,
        'INSUFFICIENT_STORAGE',
        'There is no room for these bytes: nothing of them was kept. Try again later.',
      ])
    for (const each of [id, other]) {
      await eventually('the upload is over', async () => (await progressOf(service, each)) === null)
      expect(await historyOf(service, each)).toStrictEqual(['ImageRegistered'])
    }
    expect(await filesIn(blobs)).toStrictEqual([])

    expect((await service.http({ path: '/readyz' })).status).toBe(200)
    const fits = rawDisk(3 * MiB, 3)
    expect((await service.upload(collaborator, id, fits)).status).toBe(201)
    expect((await service.download(collaborator, id)).body.equals(fits)).toBe(true)
    expect(problemOf(await service.upload(collaborator, other, fits))[0]).toBe(507)
    expect(await filesIn(blobs)).toHaveLength(1)
  },
)

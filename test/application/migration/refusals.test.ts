import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Library } from '../../../src/application/migration/migrate.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import type { ImageId } from '../../../src/domain/kernel/ids.ts'
import type { StreamName } from '../../../src/domain/kernel/recorded.ts'
import type { Application } from '../../support/application.ts'
import { appendAll, newEvent, someMetadata } from '../../support/events.ts'
import { available, idOf, remove } from '../../support/library-commands.ts'
import { overtaken, wrapLog } from '../../support/logs.ts'
import {
  blobOf,
  expectCopy,
  migrated,
  movingLibrary,
  nothingWritten,
  refusalOf,
  remoteLibrary,
  watchedBlobs,
} from '../../support/migrations.ts'
import { allEvents } from '../../support/stored.ts'

describe('A destination is refused', () => {
  const others = 'The destination holds other events than a copy of this log: '
  const why = ' Was there something in it before, or has a service run on it since?'
  const somewhere = `image-${randomUUID()}` as StreamName
  const happened = newEvent({}, 'SomethingHappened', someMetadata)
  const itIs = `SomethingHappened ${happened.id} (${somewhere} at revision 0)`

  test('where there was something before, and nothing is written', async () => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    await appendAll(copy.log, somewhere, [happened])
    const blobs = watchedBlobs(copy.blobs)
    const [first] = await allEvents(library.log)
    await nothingWritten(copy, async () =>
      expect(await refusalOf(library, { ...copy, blobs })).toBe(
        `${others}event 1 of the log is ${first?.type} ${first?.id} (${first?.stream} at revision 0), but here it is ${itIs}.${why}`,
      ),
    )
    expect(blobs.counts.created).toBe(0)
  })

  test('where a service has run on it since', async () => {
    const { app, library } = await movingLibrary()
    const copy = await remoteLibrary()
    await migrated(library, copy)
    await appendAll(copy.log, somewhere, [happened])
    const count = (await allEvents(library.log)).length
    expect(await refusalOf(library, copy)).toBe(
      `${others}after the ${count} events of the log comes ${itIs}.${why}`,
    )
    await available(app, 'here-too')
    await nothingWritten(copy, async () =>
      expect(await refusalOf(library, copy)).toContain(`but here it is ${itIs}`),
    )
  })

  test('while somebody else writes there', async () => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    const [first] = await allEvents(library.log)
    if (first === undefined) throw new Error('The log is empty')
    const log = overtaken(copy.log, () => appendAll(copy.log, first.stream, [happened]))
    expect(await refusalOf(library, { ...copy, log })).toBe(
      `${first.stream} should be at NO_STREAM in the destination and is at 0: somebody else writes there.`,
    )
    expect(await refusalOf(library, copy)).toContain(others)
  })

  test.each([
    ['type', { type: 'SomethingElse' }],
    ['data', { data: {} }],
    ['metadata', { metadata: { actor: 'nobody' } }],
    ['recordedAt', { recordedAt: '2031-01-01T00:00:00.000Z' as never }],
  ] as const)('where it has another %s than was written', async (part, change) => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    const log = wrapLog(copy.log, {
      append: (stream, expected, events) =>
        copy.log.append(
          stream,
          expected,
          events.map((event) => ({ ...event, ...change })),
        ),
    })
    const refusal = await refusalOf(library, { ...copy, log })
    expect(refusal).toContain('The destination is no copy of the log: event 1 of the log is ')
    expect(refusal).toContain(`, but its ${part} should be `)
  })

  test('where it does not keep all', async () => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    const count = (await allEvents(library.log)).length
    const log = wrapLog(copy.log, {
      readAll: async ({ after, limit }) =>
        (await copy.log.readAll({ after, limit: 3 })).slice(0, after === 0n ? limit : 0),
    })
    expect(await refusalOf(library, { ...copy, log })).toBe(
      `The destination ends after 3 of ${count} events.`,
    )
  })
})

describe('Bytes', () => {
  const advice = 'Restore the bytes from a backup, or delete the image with the service, then run this again.'

  const fileOf = (app: Application, key: string) => join(app.directory, 'blobs', key.slice(0, 2), key)

  const storedAs = async (library: Library, image: ImageId) => {
    const events = await allEvents(library.log)
    const event = events.find(
      ({ type, stream }) => type === 'ImageContentStored' && stream === `image-${image}`,
    )
    return `ImageContentStored ${event?.id} (image-${image} at revision ${event?.revision})`
  }

  test('that are damaged, cut off or missing are told of, all of them; the others are copied, and no event is', async () => {
    const { app, library, kept } = await movingLibrary()
    const [cut, lost] = [await available(app, 'cut-off'), await available(app, 'lost')]
    const keys = { kept: await blobOf(app, kept), cut: await blobOf(app, cut), lost: await blobOf(app, lost) }
    await writeFile(fileOf(app, keys.kept), Buffer.alloc(4_096))
    await writeFile(fileOf(app, keys.cut), Buffer.alloc(4_095))
    await library.blobs.remove(keys.lost)
    const copy = await remoteLibrary()
    const refusal = await refusalOf(library, copy)
    const [damaged, ...rest] = refusal.split('\n')
    expect(damaged).toContain(
      `The blob ${keys.kept} of ${await storedAs(library, kept)} is damaged: its SHA-256 is ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7 and should be `,
    )
    expect(rest).toStrictEqual([
      `The blob ${keys.cut} of ${await storedAs(library, cut)} has 4095 bytes and should have 4096.`,
      `The blob ${keys.lost} of ${await storedAs(library, lost)} is missing.`,
      advice,
    ])
    expect(await copy.log.head()).toBe(0n)
    expect(await copy.blobs.size(keys.kept)).toBeNull()

    for (const image of [kept, cut, lost]) idOf(await remove(app.services, image))
    await library.blobs.remove(keys.kept)
    await library.blobs.remove(keys.cut)
    const { outcome } = await migrated(library, copy)
    expect(outcome).toMatchObject(right({ blobs: 4 }))
    await expectCopy(library, copy)
  })

  test('of a statement that are damaged are told of too', async () => {
    const { app, library } = await movingLibrary()
    const seal = (await allEvents(library.log)).find(({ type }) => type === 'BillingPeriodSealed')
    const key = String(seal?.data['sha256'])
    await writeFile(fileOf(app, key), 'nothing was used')
    const copy = await remoteLibrary()
    const { outcome } = await migrated(library, copy)
    expect(outcome).toStrictEqual(
      left(expect.stringContaining(`The blob ${key} of BillingPeriodSealed ${seal?.id} `)),
    )
    expect(outcome).toStrictEqual(left(expect.stringContaining('is damaged')))
  })
})

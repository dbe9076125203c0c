import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSnapshots, type SqliteSnapshots } from '../../../src/adapters/sqlite/snapshots.ts'
import type { Snapshot } from '../../../src/application/ports/snapshots.ts'
import type { Json } from '../../../src/domain/kernel/event.ts'
import { newStream } from '../../support/events.ts'
import { tempDirectory } from '../../support/temp.ts'

const snapshot = (revision: number, state: Json = { images: revision }): Snapshot => ({
  revision,
  version: 1,
  state,
  commands: { [`command-${revision}`]: 'hash' },
})

interface Opened {
  readonly snapshots: SqliteSnapshots
  readonly errors: unknown[]
}

const openAt = (file: string): Opened => {
  const errors: unknown[] = []
  const snapshots = openSnapshots({ file, onError: (error) => errors.push(error) })
  onTestFinished(() => snapshots.close())
  return { snapshots, errors }
}

const newFile = async (): Promise<string> => join(await tempDirectory(), 'snapshots.sqlite')

describe('A snapshot', () => {
  test('that was never saved is null', async () => {
    const { snapshots, errors } = openAt(await newFile())
    expect(snapshots.load(newStream())).toBeNull()
    expect(errors).toEqual([])
  })

  test('is loaded as it was saved last, by its stream', async () => {
    const { snapshots, errors } = openAt(await newFile())
    const streams = [newStream(), newStream()] as const
    snapshots.save(streams[0], snapshot(1))
    snapshots.save(streams[1], snapshot(2))
    snapshots.save(streams[0], snapshot(3))
    expect(snapshots.load(streams[0])).toEqual(snapshot(3))
    expect(snapshots.load(streams[1])).toEqual(snapshot(2))
    expect(errors).toEqual([])
  })

  test('is kept over a restart', async () => {
    const file = await newFile()
    const stream = newStream()
    const { snapshots } = openAt(file)
    snapshots.save(stream, snapshot(7))
    snapshots.close()
    expect(openAt(file).snapshots.load(stream)).toEqual(snapshot(7))
  })

  test('may be of any JSON', async () => {
    const { snapshots } = openAt(await newFile())
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (state) => {
        const stream = newStream()
        snapshots.save(stream, snapshot(0, state as Json))
        expect(JSON.stringify(snapshots.load(stream)?.state)).toBe(JSON.stringify(state))
      }),
    )
  })
})

describe('What goes wrong with snapshots is told to onError and costs snapshots only', () => {
  test('where the file is no database: it is thrown away', async () => {
    const file = await newFile()
    writeFileSync(file, 'not a database '.repeat(1_000))
    const { snapshots, errors } = openAt(file)
    const stream = newStream()
    snapshots.save(stream, snapshot(1))
    expect(snapshots.load(stream)).toEqual(snapshot(1))
    expect(errors.map(String)).toEqual(['Error: file is not a database'])
  })

  test('where the file turns out to be damaged later: it is thrown away then', async () => {
    const file = await newFile()
    const streams = Array.from({ length: 200 }, () => newStream())
    const before = openAt(file)
    for (const stream of streams) before.snapshots.save(stream, snapshot(1, 'x'.repeat(2_000)))
    before.snapshots.close()
    const { snapshots, errors } = openAt(file)
    expect(errors).toEqual([])
    // All but the first pages, which hold the schema and the roots of the table and its index.
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(0xff, 3 * 4096), { flag: 'r+' })
    for (const stream of streams) snapshots.load(stream)
    expect(errors.map(String)).toEqual(['Error: database disk image is malformed'])
    expect(streams.map((stream) => snapshots.load(stream))).toEqual(Array(200).fill(null))
    for (const stream of streams) snapshots.save(stream, snapshot(2))
    expect(streams.map((stream) => snapshots.load(stream))).toEqual(Array(200).fill(snapshot(2)))
    expect(errors).toHaveLength(1)
  })

  test('where a state is not JSON', async () => {
    const file = await newFile()
    const stream = newStream()
    const { snapshots, errors } = openAt(file)
    snapshots.save(stream, snapshot(1))
    const other = new DatabaseSync(file)
    other.exec(`UPDATE snapshots SET state = '{'`)
    other.close()
    expect(snapshots.load(stream)).toBeNull()
    expect(errors).toHaveLength(1)
    snapshots.save(stream, snapshot(2))
    expect(snapshots.load(stream)).toEqual(snapshot(2))
  })

  test('where a snapshot cannot be written', async () => {
    const file = await newFile()
    const stream = newStream()
    const { snapshots, errors } = openAt(file)
    snapshots.save(stream, snapshot(1))
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    snapshots.save(stream, snapshot(2))
    expect(errors.map(String)).toEqual(['Error: database is locked'])
    other.exec('ROLLBACK')
    expect(snapshots.load(stream)).toEqual(snapshot(1))
  })

  test('where the file cannot be opened at all: there are no snapshots', async () => {
    const file = await newFile()
    mkdirSync(file)
    const { snapshots, errors } = openAt(file)
    const stream = newStream()
    snapshots.save(stream, snapshot(1))
    expect(snapshots.load(stream)).toBeNull()
    expect(errors.map(String)).toEqual(['Error: unable to open database file'])
  })

  test('where another program wrote them in another form: they are dropped', async () => {
    const file = await newFile()
    const stream = newStream()
    const first = openAt(file)
    first.snapshots.save(stream, snapshot(1))
    first.snapshots.close()
    const other = new DatabaseSync(file)
    other.exec('PRAGMA user_version = 99')
    other.close()
    const { snapshots, errors } = openAt(file)
    expect(snapshots.load(stream)).toBeNull()
    snapshots.save(stream, snapshot(2))
    expect(snapshots.load(stream)).toEqual(snapshot(2))
    expect(errors).toEqual([])
  })
})

test('After closing there are no snapshots, and no errors', async () => {
  const { snapshots, errors } = openAt(await newFile())
  snapshots.close()
  snapshots.save(newStream(), snapshot(1))
  expect(snapshots.load(newStream())).toBeNull()
  expect(errors).toEqual([])
})

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { removeDatabase } from '../../../src/adapters/sqlite/file.ts'
import { openReadModels } from '../../../src/adapters/sqlite/read-models.ts'
import type { ReadModels, SqlDatabase } from '../../../src/projections/projection.ts'
import { tempDirectory } from '../../support/temp.ts'

interface Opened {
  readonly readModels: ReadModels
  readonly discarded: string[]
}

/** Read models whose files are closed when the test ends. */
const openIn = (directory: string): Opened => {
  const discarded: string[] = []
  const readModels = openReadModels({
    directory,
    onDiscarded: (name, error) => discarded.push(`${name}: ${String(error)}`),
  })
  const closedAtTheEnd = (db: SqlDatabase): SqlDatabase => {
    onTestFinished(() => {
      try {
        db.close()
      } catch {
        // The test closed it.
      }
    })
    return db
  }
  return {
    discarded,
    readModels: {
      ...readModels,
      open: (name) => closedAtTheEnd(readModels.open(name)),
      openEmpty: (name) => closedAtTheEnd(readModels.openEmpty(name)),
    },
  }
}

const fill = (db: SqlDatabase, rows: number): void => {
  db.exec('CREATE TABLE images (id INTEGER PRIMARY KEY, name TEXT) STRICT')
  const insert = db.prepare('INSERT INTO images (name) VALUES (?)')
  for (let row = 0; row < rows; row += 1) insert.run('ubuntu'.repeat(100))
}

const tablesOf = (db: SqlDatabase): readonly unknown[] =>
  db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all()
    .map(({ name }) => name)

const pragma = (db: SqlDatabase, name: string): unknown =>
  Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]

describe('A read model', () => {
  test('that was never opened is empty', async () => {
    const { readModels, discarded } = openIn(join(await tempDirectory(), 'read', 'models'))
    expect(tablesOf(readModels.open('catalog'))).toEqual([])
    expect(discarded).toEqual([])
  })

  test('is found again as it was left', async () => {
    const { readModels } = openIn(await tempDirectory())
    const db = readModels.open('catalog')
    fill(db, 3)
    db.close()
    expect(readModels.open('catalog').prepare('SELECT count(*) AS count FROM images').get()?.['count']).toBe(
      3,
    )
  })

  test('shares nothing with another', async () => {
    const { readModels } = openIn(await tempDirectory())
    fill(readModels.open('catalog'), 1)
    expect(tablesOf(readModels.open('billing'))).toEqual([])
  })

  test('is in WAL mode, with synchronous = NORMAL', async () => {
    const { readModels } = openIn(await tempDirectory())
    const db = readModels.open('catalog')
    expect([pragma(db, 'journal_mode'), pragma(db, 'synchronous')]).toEqual(['wal', 1])
  })

  test('gives whole numbers beyond 2^53 as bigint where a statement says so', async () => {
    const { readModels } = openIn(await tempDirectory())
    const statement = readModels.open('catalog').prepare('SELECT ? + 0 AS bytes')
    statement.setReadBigInts(true)
    expect(statement.get(2n ** 62n)?.['bytes']).toBe(2n ** 62n)
  })

  test.each(['', '../catalog', 'a/b', '.hidden', 'catalog.sqlite'])('cannot be named %j', async (name) => {
    const { readModels } = openIn(await tempDirectory())
    expect(() => readModels.open(name)).toThrow(TypeError)
    expect(() => readModels.openEmpty(name)).toThrow(TypeError)
  })
})

describe('A damaged read model is thrown away and opened empty', () => {
  test('where the file is no database', async () => {
    const directory = await tempDirectory()
    writeFileSync(join(directory, 'catalog.sqlite'), 'not a database '.repeat(1_000))
    const { readModels, discarded } = openIn(directory)
    const db = readModels.open('catalog')
    expect(tablesOf(db)).toEqual([])
    fill(db, 1)
    expect(discarded).toEqual(['catalog: Error: file is not a database'])
  })

  test.each([
    ['its second page, the root of a table, is overwritten', (bytes: Buffer) => bytes.fill(0xff, 4096, 8192)],
    ['it is cut off within its second page', (bytes: Buffer) => bytes.subarray(0, 5_000)],
    ['its schema is overwritten', (bytes: Buffer) => bytes.fill(0xff, 100, 4096)],
  ])('where %s', async (_, damage) => {
    const directory = await tempDirectory()
    const { readModels, discarded } = openIn(directory)
    const db = readModels.open('catalog')
    fill(db, 100)
    db.close()
    const file = join(directory, 'catalog.sqlite')
    writeFileSync(file, damage(readFileSync(file)))
    expect(tablesOf(readModels.open('catalog'))).toEqual([])
    expect(discarded).toHaveLength(1)
  })

  test('but not where something else is wrong', async () => {
    const directory = await tempDirectory()
    mkdirSync(join(directory, 'catalog.sqlite'))
    const { readModels, discarded } = openIn(directory)
    expect(() => readModels.open('catalog')).toThrow('unable to open database file')
    expect(discarded).toEqual([])
  })
})

describe('Opening a read model empty', () => {
  test('forgets what was there', async () => {
    const { readModels } = openIn(await tempDirectory())
    const db = readModels.open('catalog')
    fill(db, 3)
    db.close()
    expect(tablesOf(readModels.openEmpty('catalog'))).toEqual([])
  })

  test('forgets what a killed process left in the -wal file, too', async () => {
    const directory = await tempDirectory()
    const { readModels } = openIn(directory)
    const db = readModels.open('catalog')
    fill(db, 3)
    const file = join(directory, 'catalog.sqlite')
    const left = ['', '-wal', '-shm'].map(
      (suffix) => [`${file}${suffix}`, readFileSync(`${file}${suffix}`)] as const,
    )
    db.close()
    for (const [name, bytes] of left) writeFileSync(name, bytes)
    const again = readModels.openEmpty('catalog')
    expect(tablesOf(again)).toEqual([])
    again.close()
    for (const [name, bytes] of left) writeFileSync(name, bytes)
    removeDatabase(file)
    expect(readdirSync(directory)).toEqual([])
  })
})

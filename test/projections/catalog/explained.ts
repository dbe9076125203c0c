import { nothing } from '../../../src/domain/access/lists.ts'
import { catalogOf } from '../../../src/projections/catalog/catalog.ts'
import { type ImageOrderField, orderColumns } from '../../../src/projections/catalog/tables.ts'
import type { SqlDatabase, SqlStatement, SqlValue } from '../../../src/projections/projection.ts'
import { acme, imageId, registration, web } from '../../support/samples.ts'
import { sources } from './audiences.ts'
import { newCatalog } from './catalogs.ts'

/** A catalog of one image, and what SQLite says that it will do for each statement that the catalog runs. */
export const explained = () => {
  const { db, tell } = newCatalog()
  tell(`image-${imageId(1)}`, { type: 'ImageRegistered', data: registration() })
  const plans: (readonly string[])[] = []
  const explain = (sql: string, values: readonly SqlValue[]): void => {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
    plans.push(steps.map(({ detail }) => String(detail)))
  }
  const watched: SqlDatabase = {
    exec: (sql) => db.exec(sql),
    close: () => db.close(),
    prepare: (sql) => {
      const statement = db.prepare(sql)
      const watching: SqlStatement = {
        run: (...values) => statement.run(...values),
        get: (...values) => {
          explain(sql, values)
          return statement.get(...values)
        },
        all: (...values) => {
          explain(sql, values)
          return statement.all(...values)
        },
        setReadBigInts: (enabled) => statement.setReadBigInts(enabled),
        setReturnArrays: (enabled) => statement.setReturnArrays(enabled),
        iterate: (...values) => statement.iterate(...values),
      }
      return watching
    },
  }
  return { catalog: catalogOf(() => watched), plans }
}

export const fields = Object.keys(orderColumns) as ImageOrderField[]
export const directions = ['ASC', 'DESC'] as const
export const walks = ['FORWARD', 'BACKWARD'] as const

const of = sources(web, acme)
const scopeOf = (name: keyof typeof of) => of[name] ?? nothing

/** Each kind of source whose images stand in an index of every order, and how that index is searched. */
export const indexedSources = [
  {
    name: 'the images of an account',
    scope: scopeOf('the images of an account'),
    index: 'account',
    search: 'account=? AND deleted=?',
  },
  {
    name: 'the images that were promoted to an account, for its owners',
    scope: scopeOf('the images that were promoted to an account, for its owners'),
    index: 'promoted',
    search: 'account=? AND deleted=?',
  },
  {
    name: 'the images of a project',
    scope: scopeOf('the images of a project'),
    index: 'project',
    search: 'project=? AND deleted=?',
  },
  {
    name: 'the images that were promoted to an account, for its projects',
    scope: scopeOf('the images that were promoted to an account, for its projects'),
    index: 'promoted',
    search: 'account=? AND deleted=?',
  },
  {
    name: 'community and public images',
    scope: scopeOf('community and public images'),
    index: 'everybodys',
    search: null,
  },
  { name: 'all images', scope: 'EVERYTHING', index: 'all', search: 'deleted=?' },
] as const

/** Those that are looked up by their ids, and sorted then. */
export const sharedSources = [
  { name: 'what a project accepted', scope: scopeOf('what a project accepted') },
  {
    name: 'what the projects of an account accepted',
    scope: scopeOf('what the projects of an account accepted'),
  },
  {
    name: 'what some projects and those of an account accepted',
    scope: {
      ...nothing,
      usable: { ...nothing.usable, acceptedBy: [web], acceptedIn: [acme] },
    },
  },
] as const

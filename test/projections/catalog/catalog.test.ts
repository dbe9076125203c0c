import { describe, expect, test } from 'vitest'
import { nothing } from '../../../src/domain/access/lists.ts'
import type { AccountId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import { catalogOf } from '../../../src/projections/catalog/catalog.ts'
import {
  acme,
  claimId,
  globex,
  imageId,
  imageName,
  lab,
  ops,
  registration,
  web,
} from '../../support/samples.ts'
import { newCatalog } from './catalogs.ts'

const stream = `image-${imageId(1)}`

describe('The catalog', () => {
  const world = () => {
    const made = newCatalog()
    made.tell('account-acme', { type: 'AccountCreated', data: { name: 'Acme', imageLimit: 3 } })
    made.tell('account-globex', { type: 'AccountCreated', data: { name: 'Globex', imageLimit: null } })
    made.tell('project-web', { type: 'ProjectCreated', data: { account: acme, name: 'Web' } })
    made.tell('project-ops', { type: 'ProjectCreated', data: { account: acme, name: 'Ops' } })
    made.tell('project-lab', { type: 'ProjectCreated', data: { account: globex, name: 'Lab' } })
    made.tell('location-ams', { type: 'LocationCreated', data: { name: 'Amsterdam', imagesEnabled: true } })
    return made
  }

  test('knows accounts, projects and locations by their ids, in the order of the question', () => {
    const { catalog, tell } = world()
    tell('account-acme', { type: 'AccountImageLimitSet', data: { limit: 9 } })
    tell('account-acme', { type: 'AccountMayPublishSet', data: { mayPublish: true } })
    tell('location-ams', { type: 'LocationImagesDisabled', data: {} })
    expect(catalog.accountsById(['globex', 'gone', 'acme']).map((row) => row && { ...row })).toStrictEqual([
      { id: 'globex', name: 'Globex', image_limit: null, may_publish: 0 },
      null,
      { id: 'acme', name: 'Acme', image_limit: 9, may_publish: 1 },
    ])
    tell('account-acme', { type: 'AccountMayPublishSet', data: { mayPublish: false } })
    expect(catalog.accountsById([acme])[0]?.may_publish).toBe(0)
    expect(catalog.projectsById(['web', 'web', "o'ps"]).map((row) => row && { ...row })).toStrictEqual([
      { id: 'web', account: 'acme', name: 'Web' },
      { id: 'web', account: 'acme', name: 'Web' },
      null,
    ])
    expect(catalog.locationsById(['ams']).map((row) => row && { ...row })).toStrictEqual([
      { id: 'ams', name: 'Amsterdam', images_enabled: 0 },
    ])
    tell('location-ams', { type: 'LocationImagesEnabled', data: {} })
    expect(catalog.locationsById(['ams'])[0]?.images_enabled).toBe(1)
    expect(catalog.imagesById([])).toStrictEqual([])
  })

  test('knows the projects of an account, in the order of their ids, and no more than are asked for', () => {
    const { catalog } = world()
    const idsOf = (limit: number) => catalog.projectsOfAccount(acme, limit).map(({ id }) => id)
    expect(idsOf(10)).toStrictEqual(['ops', 'web'])
    expect(idsOf(1)).toStrictEqual(['ops'])
    expect(catalog.projectsOfAccount('gone' as AccountId, 10)).toStrictEqual([])
  })

  test('knows the only location, while there is only one', () => {
    const empty = newCatalog()
    expect(empty.catalog.onlyLocation()).toBeNull()
    const { catalog, tell } = world()
    expect(catalog.onlyLocation()).toBe('ams')
    tell('location-rtm', { type: 'LocationCreated', data: { name: 'Rotterdam', imagesEnabled: true } })
    expect(catalog.onlyLocation()).toBeNull()
  })

  test('counts the images of an account that are not deleted', () => {
    const { catalog, tell } = world()
    tell(`image-${imageId(1)}`, { type: 'ImageRegistered', data: registration() })
    tell(`image-${imageId(2)}`, { type: 'ImageRegistered', data: registration({ project: ops }) })
    tell(`image-${imageId(3)}`, { type: 'ImageRegistered', data: registration({ account: globex }) })
    tell(`image-${imageId(1)}`, { type: 'ImageDeleted', data: {} })
    expect([acme, globex, 'gone' as AccountId].map(catalog.imagesInUse)).toStrictEqual([1, 1, 0])
  })

  test('finds an image by its name in its project, unless it is deleted', () => {
    const { catalog, tell } = world()
    tell(`image-${imageId(1)}`, { type: 'ImageRegistered', data: registration() })
    tell(`image-${imageId(2)}`, { type: 'ImageRegistered', data: registration({ project: ops }) })
    const find = (project: ProjectId, name = 'debian') => catalog.imageByName(project, acme, name)?.id
    expect([find(web), find(ops), find(web, 'ubuntu'), find('gone' as ProjectId)]).toStrictEqual([
      imageId(1),
      imageId(2),
      undefined,
      undefined,
    ])
    tell(`image-${imageId(1)}`, { type: 'ImageDeleted', data: {} })
    expect(find(web)).toBeUndefined()
    tell(`image-${imageId(3)}`, { type: 'ImageRegistered', data: registration() })
    expect(find(web)).toBe(imageId(3))
  })

  test('finds among the images of the account what its project does not have by that name', () => {
    const { catalog, tell } = world()
    const named = { name: imageName('debian'), claimId: claimId(2) }
    tell(stream, { type: 'ImageRegistered', data: registration({ project: ops }) })
    expect(catalog.imageByName(web, acme, 'debian')).toBeNull()
    tell(stream, { type: 'ImagePromoted', data: { from: ops, ...named } })
    expect(catalog.imageByName(web, acme, 'debian')?.id).toBe(imageId(1))
    expect(catalog.imageByName(lab, globex, 'debian')).toBeNull()
    tell(`image-${imageId(2)}`, { type: 'ImageRegistered', data: registration() })
    expect(catalog.imageByName(web, acme, 'debian')?.id).toBe(imageId(2))
    tell(stream, { type: 'ImageDemoted', data: { project: ops, ...named } })
    tell(`image-${imageId(2)}`, { type: 'ImageDeleted', data: {} })
    expect(catalog.imageByName(web, acme, 'debian')).toBeNull()
    expect(catalog.imageByName(ops, acme, 'debian')?.id).toBe(imageId(1))
  })

  test('knows whose a project is from its creation on, and of no project that is not there', () => {
    const { catalog, tell } = newCatalog()
    expect(catalog.accountOf(web)).toBeNull()
    tell('project-web', { type: 'ProjectCreated', data: { account: globex, name: 'Web' } })
    // Twice: the second time it remembers.
    expect([web, web, lab].map(catalog.accountOf)).toStrictEqual([globex, globex, null])
  })

  test('answers a list with rows as they are now, and goes on to a new read model', () => {
    const first = world()
    const second = newCatalog()
    let current = first.db
    const catalog = catalogOf(() => current)
    const names = () => {
      const page = catalog.images(
        { ...nothing, own: { ...nothing.own, accounts: [acme] } },
        {},
        { field: 'NAME', direction: 'ASC' },
        {
          size: 10,
          walk: 'FORWARD',
          after: null,
          before: null,
        },
      )
      return page._tag === 'Right' && page.right.rows.map(({ name, tags }) => `${name} ${tags}`)
    }
    first.tell(stream, { type: 'ImageRegistered', data: registration() })
    expect(names()).toStrictEqual(['debian []'])
    first.tell(stream, { type: 'ImageTagsChanged', data: { added: ['lts'], removed: [] } })
    expect(names()).toStrictEqual(['debian ["lts"]'])
    // Of the same image at the same revision, but from another log.
    second.tell(stream, { type: 'ImageRegistered', data: registration({ name: imageName('other') }) })
    second.tell(stream, { type: 'ImageProtected', data: {} })
    current = second.db
    expect(names()).toStrictEqual(['other []'])
  })
})

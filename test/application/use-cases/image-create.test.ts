import { describe, expect, test } from 'vitest'
import { locationCreate } from '../../../src/application/use-cases/location-create.ts'
import { locationSetImagesEnabled } from '../../../src/application/use-cases/location-set-images-enabled.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import {
  featureDisabled,
  forbidden,
  imageLimitReached,
  invalidInput,
  nameTaken,
  notFound,
} from '../../../src/domain/kernel/refusal.ts'
import { application, callerOf, collaborator, operator } from '../../support/application.ts'
import {
  create,
  historyOf,
  holdingsOf,
  idOf,
  imageNow,
  refusalOf,
  strangers,
} from '../../support/library-commands.ts'
import { plainDetails } from '../../support/samples.ts'

describe('Creating an image', () => {
  test('registers it with everything that was given', async () => {
    await using app = await application()
    const id = idOf(
      await create(app.services, 'mine', {
        description: 'My own.',
        location: 'ams',
        kind: 'DISK',
        source: { upload: { format: 'QCOW2', sizeBytes: 4096n, sha256: 'AB'.repeat(32) }, url: null },
        visibility: 'PRIVATE',
        os: 'debian',
        osFamily: 'LINUX',
        version: '13',
        arch: 'x86_64',
        family: 'debian-13',
        cloudInit: true,
        compatibilityMode: true,
        protected: true,
        minDiskBytes: 10n,
        minRamBytes: 20n,
        blockSize: 4096,
        properties: [
          { name: 'b', value: '2' },
          { name: 'a', value: '1' },
        ],
        tags: ['z', 'a', 'z'],
      }),
    )
    const [registered, ...rest] = await historyOf(app, id)
    expect(rest).toStrictEqual([])
    expect(registered).toStrictEqual({
      type: 'ImageRegistered',
      data: {
        account: 'acme',
        project: 'web',
        location: 'ams',
        name: 'mine',
        claimId: (await imageNow(app, id)).claimId,
        kind: 'DISK',
        origin: 'UPLOAD',
        source: { from: 'UPLOAD' },
        declared: { format: 'QCOW2', sizeBytes: '4096', sha256: 'ab'.repeat(32) },
        details: {
          description: 'My own.',
          os: 'debian',
          osFamily: 'LINUX',
          version: '13',
          arch: 'x86_64',
          family: 'debian-13',
          cloudInit: true,
          compatibilityMode: true,
          minDiskBytes: '10',
          minRamBytes: '20',
        },
        official: false,
        protected: true,
        blockSize: 4096,
        properties: [
          { name: 'a', value: '1' },
          { name: 'b', value: '2' },
        ],
        tags: ['a', 'z'],
      },
    })
    expect(await holdingsOf(app)).toStrictEqual({ names: ['mine'], places: 1 })
  })

  test('gives a position after which the catalog shows it', async () => {
    await using app = await application()
    const created = await create(app.services, 'debian')
    await app.settled()
    expect(created).toStrictEqual(right({ id: idOf(created), position: await app.log.head() }))
    expect(app.catalog.imagesById([idOf(created)])[0]?.status).toBe('CREATING')
  })

  test('takes os, version and family from a name of the convention where they are not given', async () => {
    await using app = await application()
    const plain = idOf(await create(app.services, 'ubuntu-24.04-base-v1.0'))
    expect((await imageNow(app, plain)).details).toStrictEqual({
      ...plainDetails,
      os: 'ubuntu',
      version: '24.04',
      family: 'ubuntu-24.04-base',
    })
    const given = idOf(
      await create(app.services, 'ubuntu-24.04-base-v1.1', { os: 'Ubuntu', version: null, family: 'noble' }),
    )
    expect((await imageNow(app, given)).details).toStrictEqual({
      ...plainDetails,
      os: 'Ubuntu',
      version: '24.04',
      family: 'noble',
    })
  })

  test('of kind ISO declares ISO', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'installer', { kind: 'ISO' }))
    expect((await imageNow(app, id)).declared).toStrictEqual({ format: 'ISO' })
  })

  test('makes official what an operator says is, and nobody else', async () => {
    await using app = await application()
    expect(refusalOf(await create(app.services, 'golden', { official: true }))).toStrictEqual(
      forbidden('OPERATOR', 'make an image official'),
    )
    const id = idOf(await create(app.services, 'golden', { official: true }, callerOf(operator)))
    expect((await historyOf(app, id))[0]?.data['official']).toBe(true)
  })
})

describe('The location of a new image', () => {
  const second = (app: Awaited<ReturnType<typeof application>>) =>
    locationCreate(app.services)(callerOf(operator), { id: 'rtm', name: 'Rotterdam' })()

  test('is the only one there is where none is given', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    expect((await historyOf(app, id))[0]?.data['location']).toBe('ams')
  })

  test('must be given where there are several', async () => {
    await using app = await application()
    await second(app)
    await app.settled()
    expect(refusalOf(await create(app.services, 'debian'))).toStrictEqual(
      invalidInput([{ path: ['location'], message: 'must be given: there is not exactly one location' }]),
    )
    const id = idOf(await create(app.services, 'debian', { location: 'rtm' }))
    expect((await historyOf(app, id))[0]?.data['location']).toBe('rtm')
  })

  test.each(['nowhere', 'No Where', ''])('is not %j', async (location) => {
    await using app = await application()
    expect(refusalOf(await create(app.services, 'debian', { location }))).toStrictEqual(
      notFound('location', location),
    )
  })

  test('must take images; nothing is claimed where it does not', async () => {
    await using app = await application()
    await locationSetImagesEnabled(app.services)(callerOf(operator), { location: 'ams', enabled: false })()
    expect(refusalOf(await create(app.services, 'debian'))).toStrictEqual(featureDisabled('ams'))
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
  })
})

describe('A create that is refused', () => {
  test('for who asks says so before it looks at the input', async () => {
    await using app = await application()
    const bad = { tags: 'none', idempotencyKey: '' }
    for (const who of [strangers.stranger, collaborator])
      expect(
        refusalOf(await create(app.services, 'X', { ...bad, project: 'gone' }, callerOf(who))),
      ).toStrictEqual(notFound('project', 'gone'))
    expect(refusalOf(await create(app.services, 'X', bad, callerOf(strangers.stranger)))).toStrictEqual(
      notFound('project', 'web'),
    )
    expect(refusalOf(await create(app.services, 'X', bad, callerOf(strangers.viewer)))).toStrictEqual(
      forbidden('COLLABORATOR', 'create images in this project'),
    )
  })

  test('for a name that is taken, or for want of a place, leaves nothing behind', async () => {
    await using app = await application({ imageLimit: 1 })
    await create(app.services, 'debian')
    const before = await app.log.head()
    expect(refusalOf(await create(app.services, 'debian'))).toStrictEqual(
      nameTaken('debian', 'project "web"'),
    )
    expect(refusalOf(await create(app.services, 'ubuntu'))).toStrictEqual(imageLimitReached(1, 1))
    expect(await app.log.head()).toBe(before)
  })

  test.each<[string, object, readonly string[], string]>([
    ['a tag of two lines', { tags: ['a\nb'] }, ['tags', '0'], 'must be one line, and not blank'],
    ['a blank tag', { tags: ['ok', ' '] }, ['tags', '1'], 'must be one line, and not blank'],
    ['65 tags', { tags: Array(65).fill('a') }, ['tags'], 'must be at most 64'],
    [
      'a long description',
      { description: 'x'.repeat(4_097) },
      ['description'],
      'must have at most 4096 characters, not 4097',
    ],
    [
      'a control character',
      { description: 'a\u0007b' },
      ['description'],
      'must be well-formed text without control characters',
    ],
    [
      'what turns the direction of writing',
      { description: 'Demo\u202e' },
      ['description'],
      'must not turn the direction of writing, nor hold what takes no room',
    ],
    [
      'what takes no room',
      { tags: ['gol\u200bden'] },
      ['tags', '0'],
      'must not turn the direction of writing, nor hold what takes no room',
    ],
    ['half a character', { os: '\ud800' }, ['os'], 'must be well-formed text without control characters'],
    [
      'a property given twice',
      {
        properties: [
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
        ],
      },
      ['properties', '1', 'name'],
      '"a" is given twice',
    ],
    ['a block size of 1024', { blockSize: 1024 }, ['blockSize'], 'must be 512, 2048 or 4096'],
    ['a negative disk', { minDiskBytes: -1n }, ['minDiskBytes'], 'must not be negative'],
    [
      'more RAM than there are numbers',
      { minRamBytes: 2n ** 63n },
      ['minRamBytes'],
      'must be at most 9223372036854775807',
    ],
    [
      'an image without bytes',
      { source: { upload: { sizeBytes: 0n } } },
      ['source', 'upload', 'sizeBytes'],
      'must be at least 1: an image has bytes',
    ],
    [
      'an image that is too large',
      { source: { upload: { sizeBytes: 2n ** 30n + 1n } } },
      ['source', 'upload', 'sizeBytes'],
      'must be at most 1073741824, the largest image that this service takes',
    ],
    [
      'a checksum of another kind',
      { source: { upload: { sha256: 'ab' } } },
      ['source', 'upload', 'sha256'],
      'must be 64 hexadecimal digits',
    ],
    [
      'a source that is not offered yet',
      { source: { instance: 'i-1' } },
      ['source', 'instance'],
      'is not offered yet: use source.upload, source.url or source.image',
    ],
    [
      'a visibility that there is not',
      { visibility: 'SECRET' },
      ['visibility'],
      'Invalid option: expected one of "PRIVATE"|"SHARED"|"COMMUNITY"|"PUBLIC"',
    ],
    [
      'an ISO that is declared as something else',
      { kind: 'ISO', source: { upload: { format: 'RAW' } } },
      ['source', 'upload', 'format'],
      'must be ISO, or left out, for an image of kind ISO',
    ],
    [
      'a blank idempotencyKey',
      { idempotencyKey: ' ' },
      ['idempotencyKey'],
      'must be one line, and not blank',
    ],
    [
      'a long idempotencyKey',
      { idempotencyKey: 'k'.repeat(256) },
      ['idempotencyKey'],
      'must have at most 255 characters, not 256',
    ],
    ['a field that is not one', { flavour: 'vanilla' }, [], 'Unrecognized key: "flavour"'],
  ])('for %s says where it is and what would be right', async (_, input, path, message) => {
    await using app = await application()
    const before = await app.log.head()
    expect(refusalOf(await create(app.services, 'debian', input))).toStrictEqual(
      invalidInput([{ path, message }]),
    )
    expect(await app.log.head()).toBe(before)
  })

  test('for a bad name says so', async () => {
    await using app = await application()
    expect(refusalOf(await create(app.services, ''))).toStrictEqual(
      invalidInput([{ path: ['name'], message: 'must have 1 to 63 characters, not 0' }]),
    )
  })
})

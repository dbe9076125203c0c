import { describe, expect, test } from 'vitest'
import { imageNameSchema, readNameConvention, releaseOf } from '../../../src/domain/image/names.ts'

const issuesOf = (name: unknown) =>
  imageNameSchema.safeParse(name).error?.issues.map(({ message }) => message)

describe('The name of an image', () => {
  test.each([
    'a',
    'debian',
    'debian-13',
    'ubuntu-24.04-base-v1.0',
    'a--b',
    'a..b',
    'a.-b',
    'x0',
    'a'.repeat(63),
    // Almost a UUID, but beginning with a letter and one digit short.
    'a1b2c3d4-e5f6-4a5b-8c9d-e0f1a2b3c4d',
  ])('may be %s', (name) => {
    expect(imageNameSchema.parse(name)).toBe(name)
  })

  const form =
    'must start with a lower-case letter, go on with lower-case letters, digits, "-" and ".", and end with a letter or digit'
  test.each([
    'Debian',
    'debiaN',
    '1debian',
    '-debian',
    '.debian',
    'debian-',
    'debian.',
    'debian_13',
    'debian 13',
    ' debian',
    'debian\n',
    'débian',
    'debian/13',
  ])('is not of the form %j', (name) => {
    expect(issuesOf(name)).toStrictEqual([form])
  })

  test('is not a UUID: a name is never taken for an id', () => {
    expect(issuesOf('a1b2c3d4-e5f6-4a5b-8c9d-e0f1a2b3c4d5')).toStrictEqual([
      'must not be a UUID: those are ids',
    ])
  })

  test('has 1 to 63 characters', () => {
    expect(issuesOf('')).toStrictEqual(['must have 1 to 63 characters, not 0'])
    expect(issuesOf('a'.repeat(64))).toStrictEqual(['must have 1 to 63 characters, not 64'])
    expect(issuesOf('a'.repeat(10_000))).toStrictEqual(['must have 1 to 63 characters, not 10000'])
  })

  test('is a text', () => {
    expect(issuesOf(7)).toHaveLength(1)
  })
})

describe('A name of the convention <os>-<version>-<profile>-v<major>.<minor>', () => {
  test.each([
    ['ubuntu-24.04-base-v1.0', 'ubuntu', '24.04', 'ubuntu-24.04-base', '1.0'],
    ['rocky-9-base-v1.10', 'rocky', '9', 'rocky-9-base', '1.10'],
    ['ubuntu-24.04-nginx-php-v12.3', 'ubuntu', '24.04', 'ubuntu-24.04-nginx-php', '12.3'],
    ['win10-22h2-office-v0.1', 'win10', '22h2', 'win10-22h2-office', '0.1'],
    ['debian-13-v2.0-v3.0', 'debian', '13', 'debian-13-v2.0', '3.0'],
    ['a-1-b-v0.0', 'a', '1', 'a-1-b', '0.0'],
  ])('%s says os, version, family and release', (name, os, version, family, release) => {
    expect(readNameConvention(name)).toStrictEqual({ os, version, family })
    expect(releaseOf(name)).toBe(release)
  })

  test.each([
    ['no release', 'ubuntu-24.04-base'],
    ['a release without minor', 'ubuntu-24.04-base-v1'],
    ['a release of three parts', 'ubuntu-24.04-base-v1.0.0'],
    ['no v', 'ubuntu-24.04-base-1.0'],
    ['something after the release', 'ubuntu-24.04-base-v1.0-test'],
    ['no profile', 'ubuntu-24.04-v1.0'],
    ['an empty profile', 'ubuntu-24.04--v1.0'],
    ['no version', 'ubuntu-base-v1.0'],
    ['a version that is no number', 'debian-trixie-base-v1.0'],
    ['nothing of it', 'debian'],
    ['nothing', ''],
  ])('with %s says nothing: %s', (_, name) => {
    expect(readNameConvention(name)).toBeNull()
    expect(releaseOf(name)).toBe('')
  })
})

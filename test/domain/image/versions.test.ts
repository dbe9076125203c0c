import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { versionSortKey } from '../../../src/domain/image/versions.ts'
import { instant } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'

const sign = (difference: number): number => Math.sign(difference)
const keyOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Written anew and without keys: part by part, a word before the end before a number. */
const naiveOrder = (a: string | null, b: string | null): number => {
  if (a === null || b === null) return Number(b === null) - Number(a === null)
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let at = 0; ; at += 1) {
    const [mine, other] = [left[at], right[at]]
    if (mine === undefined && other === undefined) return 0
    const order = rank(mine) - rank(other) || partOrder(mine, other)
    if (order !== 0) return sign(order)
  }
}
const partsOf = (version: string): readonly (string | bigint)[] => {
  const parts: (string | bigint)[] = []
  let words = false
  const text = /^[vV][0-9]/.test(version) ? version.slice(1) : version
  for (const part of text
    .toLowerCase()
    .replace(/\+.*$/s, '')
    .match(/[0-9]+|[a-z]+/g) ?? []) {
    if (Number.isNaN(Number(part))) {
      if (!words) while (parts.length > 1 && parts.at(-1) === 0n) parts.pop()
      words = true
      parts.push(part)
    } else if (!words && /^(19|20)[0-9]{6}$/.test(part) && isDay(part))
      parts.push(BigInt(part.slice(0, 4)), BigInt(part.slice(4, 6)), BigInt(part.slice(6)))
    else parts.push(BigInt(part))
  }
  if (!words) while (parts.length > 1 && parts.at(-1) === 0n) parts.pop()
  return parts
}
const isDay = (digits: string): boolean => {
  const [month, day] = [Number(digits.slice(4, 6)), Number(digits.slice(6))]
  return month >= 1 && month <= 12 && day >= 1 && day <= 31
}
const rank = (part: string | bigint | undefined): number =>
  typeof part === 'string' ? 0 : part === undefined ? 1 : 2
const partOrder = (a: string | bigint | undefined, b: string | bigint | undefined): number =>
  a === undefined || b === undefined ? 0 : a < b ? -1 : a > b ? 1 : 0

const created = instant('2026-03-01T00:00:00.000Z')
const key = (version: string | null, name: string): string => versionSortKey(version, name, created)
const plain = (version: string | null): string => key(version, 'plain')

describe('The order of versions', () => {
  test.each<[string, readonly (string | null)[]]>([
    ['goes by numbers, not by digits', ['1.2', '1.9', '1.10', '1.11', '2.0', '10.0']],
    [
      'has a pre-release before its release',
      ['1.0-alpha', '1.0-beta', '1.0-rc1', '1.0-rc2', '1.0-rc10', '1.0'],
    ],
    ['has a release before what comes after it', ['1.0', '1.0.1', '1.0.2', '1.1']],
    ['has dates by date', ['20241231', '20250101', '20250102', '20251001']],
    ['has dates with dashes by date', ['2024-12-31', '2025-1-1', '2025-01-02', '2025-10-01']],
    ['has dates by date however they are written', ['20240111', '2024-01-12', '2024.01.13', '20240114']],
    ['has a release after its pre-releases however long it is written', ['1.10.0-beta', '1.10', '1.10.1']],
    ['has pre-releases of one release in their order', ['2.0.0-alpha.1', '2.0-rc1', '2.0.0']],
    ['has the v before a number for no word', ['1.9', 'v1.10', '1.11', 'v2']],
    ['has half-years by year', ['19h2', '21h1', '21h2', '22h2']],
    ['has no version first', [null, 'rc1', '0', '0.1']],
    ['knows numbers of any length', ['9007199254740992', '9007199254740993', '1'.repeat(64)]],
  ])('%s', (_, versions) => {
    const shuffled = [...versions].reverse().sort((a, b) => keyOrder(plain(a), plain(b)))
    expect(shuffled).toStrictEqual(versions)
  })

  test.each([
    ['1.0', '1-0'],
    ['1.0', '01.00'],
    ['1.0-RC1', '1.0_rc1'],
    ['v1.0', 'V1.0'],
    ['1.0', '1.0.0'],
    ['1.0', 'v1.0+build2'],
    ['20240112', '2024-01-12'],
  ])('makes no difference between %s and %s', (a, b) => {
    expect(plain(a)).toBe(plain(b))
  })

  test('of images of one version is that of the releases in their names', () => {
    const names = ['ubuntu', 'ubuntu-24.04-base-v1.2', 'ubuntu-24.04-base-v1.10', 'ubuntu-24.04-base-v2.0']
    const sorted = [...names].reverse().sort((a, b) => keyOrder(key('24.04', a), key('24.04', b)))
    expect(sorted).toStrictEqual(names)
    expect(keyOrder(key('24.04', 'a-1-b-v9.9'), key('24.10', 'a-1-b-v1.0'))).toBe(-1)
  })

  test('of images of one version and release is that of their creation', () => {
    const later = instant('2026-03-02T00:00:00.000Z')
    expect(keyOrder(versionSortKey('1.0+b9', 'a', created), versionSortKey('1.0', 'a', later))).toBe(-1)
  })

  const version = fc.oneof(
    fc.constant(null),
    fc.string({
      unit: fc.constantFrom(...'0123459ABamnrcvz..--_ +é!'),
      minLength: 1,
      maxLength: 64,
    }),
    fc
      .array(fc.oneof(fc.nat(30).map(String), fc.constantFrom('rc', 'rca', 'beta', 'm', 'n', 'a')), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => parts.join('.')),
  )
  const release = fc.tuple(fc.nat(12), fc.nat(12)).map(([major, minor]) => `${major}.${minor}`)

  test('is the order of the keys, by a naive comparison of any two', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(sign(keyOrder(plain(a), plain(b)))).toBe(naiveOrder(a, b))
      }),
      { numRuns: testSize(1_000, 20_000) },
    )
  })

  test('looks at releases only where the versions are equal', () => {
    fc.assert(
      fc.property(version, version, release, release, (a, b, one, other) => {
        const keys = [key(a, `x-1-y-v${one}`), key(b, `x-1-y-v${other}`)] as const
        expect(keyOrder(...keys)).toBe(naiveOrder(a, b) || naiveOrder(one, other))
      }),
      { numRuns: testSize(1_000, 20_000) },
    )
  })

  test('is total and antisymmetric, and the keys are plain ASCII', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(naiveOrder(a, b)).toBe(0 - naiveOrder(b, a))
        const [first, second, third] = [a, b, c].sort(naiveOrder)
        expect([first, second, third].map((one) => plain(one ?? null))).toStrictEqual(
          [a, b, c].map(plain).sort(keyOrder),
        )
        expect(plain(a)).toMatch(/^[a-zTZ0-9. :-]*$/)
      }),
    )
  })
})

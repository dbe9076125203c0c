import { execFile } from 'node:child_process'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempDirectory } from './support/temp.ts'

// The arrows of docs/ARCHITECTURE.md. That the rules are kept is worth nothing if they cannot fail, or if nothing is looked
// at: with the wrong compiler installed, dependency-cruiser cruises no module and is content.

const root = join(import.meta.dirname, '..')
const cli = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

interface Violation {
  readonly rule: string
  readonly from: string
}

interface Cruise {
  readonly modules: number
  readonly violations: readonly Violation[]
}

interface CruiseResult {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[]
  }
}

interface Configuration {
  readonly forbidden: readonly { readonly name: string; readonly severity: string }[]
}

/** Looks at the sources in a directory; the modules are those of `src` itself. */
const cruise = (directory: string): Promise<Cruise> =>
  new Promise((resolve, reject) => {
    const args = [cli, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src']
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 2 ** 28 }, (error, stdout) => {
      // It ends with the number of violations as its exit code, and its findings all the same.
      if (stdout === '') return reject(error ?? new Error('Nothing was printed'))
      const { modules, summary }: CruiseResult = JSON.parse(stdout)
      resolve({
        modules: modules.filter(({ source }) => source.startsWith('src/')).length,
        violations: summary.violations.map(({ from, rule }) => ({ rule: rule.name, from })),
      })
    })
  })

describe('The layers', () => {
  test('are kept by every module there is', async () => {
    const { modules, violations } = await cruise(root)
    expect(violations).toStrictEqual([])
    expect(modules).toBeGreaterThan(60)
  })

  /** A module that breaks a rule, and which. */
  const probes: readonly (readonly [rule: string, file: string, source: string])[] = [
    ['domain-is-pure', 'src/domain/image/probe.ts', "export * from 'node:fs'"],
    ['domain-is-pure', 'src/domain/account/probe.ts', "export * from '../../application/done.ts'"],
    ['kernel-stands-alone', 'src/domain/kernel/probe.ts', "export * from '../image/names.ts'"],
    ['aggregates-are-strangers', 'src/domain/project/probe.ts', "export * from '../account/events.ts'"],
    [
      'application-knows-the-domain-only',
      'src/application/probe.ts',
      "export * from '../projections/runner.ts'",
    ],
    [
      'projections-know-the-domain-only',
      'src/projections/probe.ts',
      "export * from '../application/ledger.ts'",
    ],
    ['graphql-knows-no-adapter', 'src/graphql/probe.ts', "export * from '../adapters/system/clock.ts'"],
    ['only-main-knows-adapters', 'src/graphql/probe.ts', "export * from '../adapters/system/clock.ts'"],
    [
      'adapters-implement-ports',
      'src/adapters/sqlite/probe.ts',
      "export * from '../../application/ledger.ts'",
    ],
    [
      'loaded-where-it-is-asked-for',
      'src/adapters/http-source/sources.ts',
      "export { openSource } from './open.ts'",
    ],
    ['watched-from-outside', 'src/application/watch-probe.ts', "export * from 'prom-client'"],
    ['no-test-code-in-src', 'src/application/test-probe.ts', "export * from '../../test/support/size.ts'"],
    ['no-cycles', 'src/application/a-probe.ts', "export * from './b-probe.ts'"],
    ['no-cycles', 'src/application/b-probe.ts', "export * from './a-probe.ts'"],
  ]

  test('are found broken where a module breaks them, each rule', async () => {
    const copy = await tempDirectory()
    await cp(join(root, 'src'), join(copy, 'src'), { recursive: true })
    for (const file of ['tsconfig.json', 'package.json']) await cp(join(root, file), join(copy, file))
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir')
    // The same rules; only that what is linked counts as being here.
    await writeFile(
      join(copy, '.dependency-cruiser.cjs'),
      `const rules = require(${JSON.stringify(join(root, '.dependency-cruiser.cjs'))})
       module.exports = { ...rules, options: { ...rules.options, preserveSymlinks: true } }`,
    )
    await mkdir(join(copy, 'test/support'), { recursive: true })
    await writeFile(join(copy, 'test/support/size.ts'), 'export const testSize = 1\n')
    for (const [, file, source] of probes) await writeFile(join(copy, file), `${source}\n`)
    const { violations } = await cruise(copy)
    // A cycle is told of once, from whichever of its modules.
    const found = violations.map(({ rule, from }) => `${rule} ${from.replace('b-probe', 'a-probe')}`)
    const broken = probes.map(([rule, file]) => `${rule} ${file.replace('b-probe', 'a-probe')}`)
    expect(new Set(found)).toStrictEqual(new Set(broken))
  })

  test('have no rule that is not seen to fail', () => {
    const config: Configuration = createRequire(import.meta.url)('../.dependency-cruiser.cjs')
    const rules = config.forbidden
    expect(new Set(probes.map(([rule]) => rule))).toStrictEqual(new Set(rules.map(({ name }) => name)))
    expect(rules.filter(({ severity }) => severity !== 'error')).toStrictEqual([])
  })
})

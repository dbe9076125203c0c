import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptSecret } from '../../../src/adapters/system/kept-secret.ts'
import { tempDirectory } from '../../support/temp.ts'

test('A secret is made once, for nobody else to read', async () => {
  const file = join(await tempDirectory(), 'secret')
  const made = keptSecret(file)
  expect(Buffer.from(made, 'base64url')).toHaveLength(32)
  expect(keptSecret(file)).toBe(made)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(keptSecret(`${file}-too`)).not.toBe(made)
})

test('One that was cut short is made anew', async () => {
  const file = join(await tempDirectory(), 'secret')
  for (const cut of ['', 'abc', keptSecret(file).slice(0, 30)]) {
    await writeFile(file, cut)
    expect(Buffer.from(keptSecret(file), 'base64url')).toHaveLength(32)
    expect(await readFile(file, 'utf8')).toBe(keptSecret(file))
  }
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Packed } from '../../../../src/domain/formats/compression.ts'
import { rawDisk } from '../../../support/images.ts'
import { testSize } from '../../../support/size.ts'
import { hasTools, runTool } from '../../../support/tools.ts'
import { decoded } from './decoded.ts'

// What the programs of others write, where they are installed: the tests beside this one do not depend on it.

const folder = mkdtempSync(join(tmpdir(), 'packed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Zeros, random bytes, the same again, text, and a byte that is nearly always the same. */
const content = (): Buffer => {
  const random = rawDisk(testSize(400_000, 6_000_000), 9)
  const text = Buffer.from('0123456789 the quick brown fox\n'.repeat(20_000))
  return Buffer.concat([
    Buffer.alloc(1_000_000),
    random,
    random,
    text,
    random.map((byte) => (byte < 250 ? 7 : byte)),
    Buffer.from('end'),
  ])
}

const cases: readonly (readonly [Packed, string, string])[] = [
  ['GZIP', 'gzip', '-1 -n'],
  ['GZIP', 'gzip', '-9'],
  ['BZIP2', 'bzip2', '-1'],
  ['BZIP2', 'bzip2', '-9'],
  ['XZ', 'xz', '-0 --check=none'],
  ['XZ', 'xz', '-6 --check=crc32'],
  ['XZ', 'xz', '-9 --check=crc64'],
  ['XZ', 'xz', '-1 -T2 --block-size=300000'],
  ['LZ4', 'lz4', '-q -1'],
  ['LZ4', 'lz4', '-q -9 -B4 -BD'],
  ['LZ4', 'lz4', '-q -B4 -BX --content-size'],
  ['LZ4', 'lz4', '-q -BI --no-frame-crc'],
  ['ZSTD', 'zstd', '-q -1 --no-check'],
  ['ZSTD', 'zstd', '-q -19 --check'],
  ['ZSTD', 'zstd', '-q --long=27'],
  ['ZSTD', 'zstd', '-q --no-content-size'],
]

describe.each(cases)('%s', (compression, tool, options) => {
  test.skipIf(!hasTools(tool))(`of ${tool} ${options} comes out as it went in`, async () => {
    const plain = content()
    const file = join(folder, `${tool}${options.replaceAll(/\W/g, '')}`)
    writeFileSync(file, plain)
    runTool('sh', '-c', `${tool} ${options} -c ${file} > ${file}.packed`)
    const out = await decoded(compression, readFileSync(`${file}.packed`), 65_536)
    expect(Buffer.isBuffer(out) && out.equals(plain)).toBe(true)
  })
})

describe.each<[Packed, string, string]>([
  ['XZ', 'xz', '--check=sha256'],
  ['XZ', 'xz', '--x86 --lzma2'],
  ['XZ', 'xz', '--delta=dist=4 --lzma2'],
  ['XZ', 'xz', '--lzma2=dict=65MiB'],
  ['ZSTD', 'zstd', '-q --long=28 --no-content-size'],
])('%s', (compression, tool, options) => {
  test.skipIf(!hasTools(tool))(`of ${tool} ${options} is refused as UNSUPPORTED_FEATURE`, async () => {
    const file = join(folder, 'small')
    writeFileSync(file, content())
    runTool('sh', '-c', `${tool} ${options} -c < ${file} > ${file}.packed`)
    expect(await decoded(compression, readFileSync(`${file}.packed`))).toBe('UNSUPPORTED_FEATURE')
  })
})

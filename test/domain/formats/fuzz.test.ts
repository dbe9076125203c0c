import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { HEAD_BYTES, SPANS_BYTES } from '../../../src/domain/formats/capture.ts'
import { contentRefusalCodes, imageFormats } from '../../../src/domain/formats/content.ts'
import { inspectors } from '../../../src/domain/formats/inspection.ts'
import { vmdk, vmdkDescriptor } from '../../support/disk-images.ts'
import { qcow2 } from '../../support/images.ts'
import { testSize } from '../../support/size.ts'
import { hasTools } from '../../support/tools.ts'
import { mutantsOf, validImages } from './mutants.ts'
import { otherFilesOf, qemuFormats, qemuInfo } from './qemu.ts'
import { MAX_VIRTUAL_BYTES, type Outcome, outcomeOf } from './verdicts.ts'

const folder = mkdtempSync(join(tmpdir(), 'mutants-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The default, and enough for the deep size on a busy machine. */
const TIMEOUT = testSize(60_000, 1_200_000)

const formats = Object.keys(validImages) as (keyof typeof validImages)[]
const mutants = mutantsOf(Object.values(validImages).flat())

const isVerdict = (outcome: Outcome): boolean =>
  typeof outcome === 'string'
    ? contentRefusalCodes.includes(outcome)
    : imageFormats.includes(outcome.format) &&
      outcome.virtualSizeBytes >= 0n &&
      outcome.virtualSizeBytes <= MAX_VIRTUAL_BYTES

test('Whatever becomes of an image, there is a verdict, and what is kept for it is bounded', {
  timeout: TIMEOUT,
}, () => {
  fc.assert(
    fc.property(mutants, (image) => {
      expect(isVerdict(outcomeOf([image]))).toBe(true)
      if (image.length < HEAD_BYTES) return
      const wanted = inspectors.flatMap(({ spans }) => spans?.(image.subarray(0, HEAD_BYTES)) ?? [])
      expect(wanted.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(SPANS_BYTES)
    }),
    { numRuns: testSize(10_000, 100_000) },
  )
})

test('Whatever becomes of an image, the verdict is the same at every chunking', { timeout: TIMEOUT }, () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(mutants, cuts, (image, sizes) => {
      expect(outcomeOf(unevenChunks(image, sizes))).toEqual(outcomeOf([image]))
    }),
    { numRuns: testSize(300, 20_000) },
  )
})

test('What begins as a qcow2 with a backing file is never accepted', () => {
  const hostile = qcow2({
    virtualSize: 1_048_576,
    clusterBits: 12,
    backingFile: '/etc/passwd',
    backingFormat: 'raw',
  })
  const change = fc.array(fc.tuple(fc.integer({ min: 16, max: 255 }), fc.nat(255)), { maxLength: 12 })
  fc.assert(
    fc.property(change, fc.integer({ min: 16, max: hostile.length }), (changes, length) => {
      const image = Buffer.from(hostile.subarray(0, length))
      for (const [offset, value] of changes) if (offset < image.length) image[offset] = value
      expect(outcomeOf([image])).toBe('UNSAFE_BACKING_FILE')
    }),
    { numRuns: testSize(300, 20_000) },
  )
})

describe.skipIf(!hasTools('qemu-img'))('QEMU opens no other file for a mutant that is accepted', () => {
  test.each(formats)('of %s', { timeout: TIMEOUT }, (format) => {
    const path = join(folder, format)
    fc.assert(
      fc.property(mutantsOf(validImages[format]), (image) => {
        const outcome = outcomeOf([image])
        fc.pre(typeof outcome !== 'string' && outcome.format === format)
        writeFileSync(path, image)
        const info = qemuInfo(path, qemuFormats[format])
        // It may be stricter about what holds together.
        if (info !== null) expect(otherFilesOf(info, path)).toEqual([])
      }),
      { numRuns: testSize(25, 500), maxSkipsPerRun: 1000 },
    )
  })
})

describe.skipIf(!hasTools('qemu-img'))('QEMU opens no other file for a VMDK that is accepted', () => {
  const words = ['RW', '8', 'FLAT', 'SPARSE', '"/etc/passwd"', '0', 'ddb.x = ', '=', '#', 'x']
  const keys = ['parentFileNameHint=', 'parentCID=', 'ffffffff', '1234abcd']
  const phrases = ['createType="monolithicFlat"', 'RW 8 FLAT "/etc/passwd" 0']
  const separators = ['', ' ', '\t', '\r', '\n', '\r\n', '\v', '\0']
  const word = fc.oneof(...[words, keys, phrases].map((some) => fc.constantFrom(...some)))
  const gap = fc.oneof(fc.constant('\n'), fc.constantFrom(...separators))
  const lines = fc
    .array(fc.tuple(word, gap), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.map(([text, behind]) => text + behind).join(''))

  test('whatever its descriptor says', { timeout: TIMEOUT }, () => {
    const path = join(folder, 'described')
    fc.assert(
      fc.property(lines, fc.boolean(), (text, isEmpty) => {
        // Before what is harmless, for QEMU takes the first that it finds.
        const descriptor = vmdkDescriptor({ parentCid: `${text}\nparentCID=ffffffff` })
        const image = vmdk({ descriptor, header: isEmpty ? [[12, Buffer.alloc(8)]] : [] })
        fc.pre(typeof outcomeOf([image]) !== 'string')
        writeFileSync(path, image)
        expect(otherFilesOf(qemuInfo(path, 'vmdk'), path)).toEqual([])
      }),
      { numRuns: testSize(50, 1000), maxSkipsPerRun: 1000 },
    )
  })
})

/** Cut at the given sizes, over and over. */
function* unevenChunks(image: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0
  for (let n = 0; at < image.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1
    yield image.subarray(at, at + size)
    at += size
  }
}

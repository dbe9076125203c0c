import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentRefusalCodes } from '../../../src/domain/formats/content.ts'
import { beginInspection } from '../../../src/domain/formats/inspection.ts'
import { iso, partitionTable, qcow2, rawDisk } from '../../support/images.ts'
import { testSize } from '../../support/size.ts'
import { as, chunksOf, everywhere, MAX_VIRTUAL_BYTES, type Outcome, outcomeOf, outcomes } from './verdicts.ts'

const MiB = 1024 * 1024

describe('A raw disk is accepted with the size of the bytes that came', () => {
  const disk = rawDisk(300_000, 5)
  test.each<[string, Buffer]>([
    ['of arbitrary bytes', disk],
    ['with an MBR', Buffer.concat([partitionTable('MBR', 600), disk])],
    ['with a GPT', Buffer.concat([partitionTable('GPT', 600), disk])],
    ['as long as what is captured of its front', rawDisk(262_144, 6)],
    ['one byte longer than that', rawDisk(262_145, 6)],
    ['as long as what is captured of its end', rawDisk(1536, 7)],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('RAW', image.length)))
  })
})

test('An image without a byte is refused as EMPTY_IMAGE', () => {
  expect(outcomes(Buffer.alloc(0))).toEqual(everywhere('EMPTY_IMAGE'))
  expect(outcomeOf([Buffer.alloc(0), Buffer.alloc(0)])).toBe('EMPTY_IMAGE')
})

test('The limit of the virtual size holds for raw disks and discs too', () => {
  const image = iso()
  const size = BigInt(image.length)
  expect(outcomeOf([image], size)).toEqual(as('ISO', size))
  expect(outcomeOf([image], size - 1n)).toBe('VIRTUAL_SIZE_LIMIT')
  expect(outcomeOf([Buffer.alloc(100)], 100n)).toEqual(as('RAW', 100))
  expect(outcomeOf([Buffer.alloc(100)], 99n)).toBe('VIRTUAL_SIZE_LIMIT')
})

test('The verdict is of what was pushed, whatever becomes of the chunk afterwards', () => {
  const inspection = beginInspection({ maxVirtualBytes: MAX_VIRTUAL_BYTES })
  const reused = Buffer.alloc(4096)
  for (const chunk of chunksOf(qcow2({ virtualSize: MiB }), reused.length)) {
    reused.set(chunk)
    inspection.push(reused)
    reused.fill(0xff)
  }
  expect(inspection.finish()).toEqual({ _tag: 'Right', right: as('QCOW2', MiB) })
})

describe('Whatever the bytes', () => {
  const seeds = [
    qcow2({ virtualSize: MiB, clusterBits: 9 }),
    qcow2({ virtualSize: MiB, clusterBits: 12, backingFile: '/etc/passwd', backingFormat: 'raw' }),
    qcow2({ virtualSize: MiB, clusterBits: 12, dataFile: 'data', compressionType: 1, incompatible: 8n }),
    iso({ data: Buffer.from('data') }),
  ]
  /** Where headers are: mutations elsewhere would change nothing. */
  const headerOffset = fc.oneof(fc.nat(255), fc.integer({ min: 0x8000, max: 0x8000 + 2047 }))
  const mutated = fc
    .record({
      seed: fc.constantFrom(...seeds),
      changes: fc.array(fc.tuple(headerOffset, fc.nat(255)), { maxLength: 12 }),
      length: fc.oneof(fc.constant(Number.MAX_SAFE_INTEGER), fc.nat(400), fc.nat(50_000)),
    })
    .map(({ seed, changes, length }) => {
      const image = Buffer.from(seed.subarray(0, length))
      for (const [offset, value] of changes) if (offset < image.length) image[offset] = value
      return image
    })
  const runs = { numRuns: testSize(300, 20_000) }

  const isVerdict = (outcome: Outcome): boolean =>
    typeof outcome === 'string'
      ? contentRefusalCodes.includes(outcome)
      : ['RAW', 'QCOW2', 'ISO'].includes(outcome.format) && outcome.virtualSizeBytes <= MAX_VIRTUAL_BYTES

  test('there is a verdict', () => {
    fc.assert(
      fc.property(mutated, (image) => isVerdict(outcomeOf([image]))),
      runs,
    )
  })

  test('it is the same at every chunking', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(mutated, cuts, (image, sizes) => {
        expect(outcomeOf(unevenChunks(image, sizes))).toEqual(outcomeOf([image]))
      }),
      runs,
    )
  })

  test('what begins as a qcow2 with a backing file is never accepted', () => {
    const change = fc.array(fc.tuple(fc.integer({ min: 16, max: 255 }), fc.nat(255)), { maxLength: 12 })
    fc.assert(
      fc.property(change, fc.integer({ min: 16, max: 40_000 }), (changes, length) => {
        const image = Buffer.from((seeds[1] ?? Buffer.alloc(0)).subarray(0, length))
        for (const [offset, value] of changes) if (offset < image.length) image[offset] = value
        expect(outcomeOf([image])).toBe('UNSAFE_BACKING_FILE')
      }),
      runs,
    )
  })
})

test('An inspection holds less than 512 KiB, however much has gone by', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const held = (): number => {
    collect()
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    return arrayBuffers + heapUsed
  }
  const before = held()
  const inspections = Array.from({ length: 16 }, () =>
    beginInspection({ maxVirtualBytes: MAX_VIRTUAL_BYTES }),
  )
  // A buffer of its own each time: one that is kept would show.
  for (let round = 0; round < testSize(20, 500); round += 1)
    for (const inspection of inspections) inspection.push(Buffer.alloc(MiB, round))
  // Collected buffers are freed in the background: what is garbage goes in a moment, what is held stays.
  const bytesEach = (): number => (held() - before) / inspections.length
  await expect.poll(bytesEach, { timeout: 20_000 }).toBeLessThan(512 * 1024)
  expect(inspections.map((inspection) => inspection.finish()._tag)).toEqual(inspections.map(() => 'Right'))
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

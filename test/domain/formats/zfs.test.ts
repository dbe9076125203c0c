import { describe, expect, test } from 'vitest'
import { zfsStream } from '../../support/disk-images.ts'
import { as, everywhere, outcomes, patched } from './verdicts.ts'

const stream = zfsStream()

describe('A ZFS stream is accepted with the size of the bytes that came', () => {
  test.each<[string, Buffer]>([
    ['of a little-endian machine', stream],
    ['of a big-endian machine', zfsStream({ bigEndian: true })],
    ['where its begin record is all of it', stream.subarray(0, 312)],
    ['where its begin record has a payload', patched(stream, 4, [0, 2])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('ZFS', image.length)))
  })
})

test('A ZFS stream that ends within its begin record is refused as INVALID_IMAGE', () => {
  expect(outcomes(stream.subarray(0, 311))).toEqual(everywhere('INVALID_IMAGE'))
})

describe('What has no begin record is a raw disk', () => {
  test.each<[string, Buffer]>([
    ['with the magic in another record', patched(stream, 0, [1])],
    ['with the upper half of the magic wrong', patched(stream, 12, [3])],
    ['with the magic cut off', stream.subarray(0, 15)],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('RAW', image.length)))
  })
})

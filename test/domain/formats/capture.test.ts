import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginCapture, type Capture, SPANS_BYTES, type Span } from '../../../src/domain/formats/capture.ts'
import { rawDisk } from '../../support/images.ts'
import { testSize } from '../../support/size.ts'
import { chunksOf } from './verdicts.ts'

const HEAD_BYTES = 262_144
const TAIL_BYTES = 1536
const stream = rawDisk(HEAD_BYTES + 200_000, 8)

const captured = (chunks: Iterable<Uint8Array>, spans: readonly Span[] = []): Capture => {
  const capturing = beginCapture(() => spans)
  for (const chunk of chunks) capturing.push(chunk)
  return capturing.capture()
}

const span = (offset: number, length: number): Span => ({ offset: BigInt(offset), length })

test('Head and tail are the ends of the stream, at any length and chunking', () => {
  const lengths = fc.oneof(fc.nat(2 * TAIL_BYTES), fc.nat(stream.length))
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 300_000 }), (length, chunkSize) => {
      const whole = stream.subarray(0, length)
      const capture = captured(chunksOf(whole, chunkSize))
      expect(capture.sizeBytes).toBe(BigInt(length))
      expect(capture.head.equals(whole.subarray(0, HEAD_BYTES))).toBe(true)
      expect(capture.tail.equals(whole.subarray(Math.max(0, length - TAIL_BYTES)))).toBe(true)
    }),
    { numRuns: testSize(100, 2000) },
  )
})

test('A span beyond the head that was asked for is captured, at any chunking', () => {
  const places = fc.tuple(
    fc.integer({ min: HEAD_BYTES, max: stream.length - 1 }),
    fc.integer({ min: 1, max: 60_000 }),
  )
  fc.assert(
    fc.property(places, places, fc.integer({ min: 1, max: 300_000 }), (first, second, chunkSize) => {
      const spans = [span(...first), span(...second)]
      const capture = captured(chunksOf(stream, chunkSize), spans)
      for (const wanted of spans) {
        const start = Number(wanted.offset)
        const there = start + wanted.length <= stream.length
        expect(capture.span(wanted)).toEqual(there ? stream.subarray(start, start + wanted.length) : null)
      }
    }),
    { numRuns: testSize(100, 2000) },
  )
})

test('Spans are asked for once, with the full head', () => {
  const heads: number[] = []
  const capturing = beginCapture((head) => {
    heads.push(head.length)
    return []
  })
  for (const chunk of chunksOf(stream, 100_000)) capturing.push(chunk)
  expect(heads).toEqual([HEAD_BYTES])
})

test('What was not asked for, lies within the head or takes too much memory is not captured', () => {
  const early = span(HEAD_BYTES - 1, 10)
  const tooLong = span(HEAD_BYTES, SPANS_BYTES + 1)
  const fits = span(HEAD_BYTES, SPANS_BYTES)
  const oneTooMany = span(HEAD_BYTES, 1)
  const faraway = { offset: 2n ** 63n, length: 8 }
  const capture = captured([stream], [early, tooLong, faraway, fits, oneTooMany])
  expect([early, tooLong, faraway, oneTooMany, span(HEAD_BYTES + 5, 5)].map(capture.span)).toEqual(
    Array.from({ length: 5 }, () => null),
  )
  expect(capture.span(fits)).toEqual(stream.subarray(HEAD_BYTES, HEAD_BYTES + SPANS_BYTES))
})

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { beginInspection } from '../../../src/domain/formats/inspection.ts'
import { iso, partitionTable, qcow2, rawDisk } from '../../support/images.ts'
import { testSize } from '../../support/size.ts'
import { as, chunksOf, everywhere, MAX_VIRTUAL_BYTES, outcomeOf, outcomes } from './verdicts.ts'

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

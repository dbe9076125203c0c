import fc from 'fast-check'
import { vdi, vhd, vmdk, withChecksum, zfsStream } from '../../support/disk-images.ts'
import { iso, qcow2, rawDisk } from '../../support/images.ts'
import { sealed, vhdx } from '../../support/vhdx-images.ts'
import { patched } from './verdicts.ts'

const MiB = 1024 * 1024

/** A valid image of each kind that there is, by the name of its format. */
export const validImages = {
  QCOW2: [
    qcow2({ virtualSize: MiB, clusterBits: 9 }),
    qcow2({ virtualSize: MiB, clusterBits: 12, compressionType: 1, incompatible: 8n }),
    qcow2({ virtualSize: MiB, clusterBits: 12, version: 2 }),
  ],
  VMDK: [vmdk(), vmdk({ kind: 'streamOptimized' })],
  VHD: [vhd(), vhd({ kind: 'fixed', diskBytes: 8192 })],
  VHDX: [vhdx()],
  VDI: [vdi(), vdi({ kind: 'static', diskBytes: 512 })],
  ISO: [iso({ data: Buffer.from('data') }), patched(rawDisk(50_000, 2), 0x8001, 'NSR03')],
  ZFS: [zfsStream(), zfsStream({ bigEndian: true })],
  RAW: [rawDisk(50_000, 3)],
} as const

/** Where headers are, their lengths beside them; mutations elsewhere would change nothing. */
const headers: readonly (readonly [number, number])[] = [
  [0, 128],
  [0x140, 0x90],
  [512, 512],
  [1024, 512],
  [0x8000, 256],
  [0x10000, 96],
  [0x20000, 96],
  [0x30000, 96],
  [0x40000, 96],
  [3 * MiB, 256],
  [3 * MiB + 65_536, 64],
]
/** From the end. */
const footers: readonly (readonly [number, number])[] = [
  [512, 128],
  [1024, 128],
  [1536, 32],
]

/** For an image of this many bytes: a place where a field may be, within it or just behind its end. */
const place = (bytes: number): fc.Arbitrary<number> => {
  const ranges = [...headers, ...footers.map(([back, length]) => [bytes - back, length] as const)]
  const within = ranges.filter(([at]) => at >= 0 && at < bytes)
  return fc.oneof(...within.map(([at, length]) => fc.integer({ min: at, max: at + length - 1 })))
}

const interesting = [
  ...[0n, 1n, 2n, 3n, 4n, 7n, 8n, 9n, 31n, 63n, 127n, 255n, 511n, 512n, 513n, 4095n, 4096n, 65_535n, 65_536n],
  ...[20n, 31n, 32n, 40n, 44n, 53n, 63n].flatMap((bits) => [(1n << bits) - 1n, 1n << bits]),
  2n ** 64n - 1n,
]

type Change = (image: Buffer) => Buffer

const field = (image: Buffer): fc.Arbitrary<Change> =>
  fc
    .record({
      at: place(image.length),
      value: fc.oneof(fc.constantFrom(...interesting), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      width: fc.constantFrom(1, 2, 4, 8),
      bigEndian: fc.boolean(),
    })
    .map(({ at, value, width, bigEndian }) => {
      const bytes = Array.from({ length: width }, (_, n) => Number((value >> BigInt(8 * n)) & 255n))
      return (mutant) => overwritten(mutant, at, Buffer.from(bigEndian ? bytes.reverse() : bytes))
    })

const flip = (image: Buffer): fc.Arbitrary<Change> =>
  fc.tuple(place(image.length), fc.nat(7)).map(([at, bit]) => (mutant) => {
    const byte = mutant[at]
    return byte === undefined ? mutant : overwritten(mutant, at, Buffer.from([byte ^ (1 << bit)]))
  })

const others = fc.constantFrom(...Object.values(validImages).flat())

const splice = (image: Buffer): fc.Arbitrary<Change> =>
  fc.tuple(others, place(image.length), fc.integer({ min: 1, max: 2048 })).map(
    ([other, at, length]) =>
      (mutant) =>
        overwritten(mutant, at, other.subarray(at, at + length)),
  )

const cut = (image: Buffer): fc.Arbitrary<Change> =>
  fc
    .oneof(fc.nat(image.length), fc.nat(2048), place(image.length))
    .map((length) => (mutant) => mutant.subarray(0, length))

const append: fc.Arbitrary<Change> = fc.tuple(others, fc.constantFrom(1, 511, 512, 1536, 4096)).map(
  ([other, length]) =>
    (mutant) =>
      Buffer.concat([mutant, other.subarray(-length)]),
)

const prepend: fc.Arbitrary<Change> = fc.tuple(others, fc.constantFrom(512, 4096, 0x8000)).map(
  ([other, length]) =>
    (mutant) =>
      Buffer.concat([other.subarray(0, length), mutant]),
)

/** What lies beyond the end is left out. */
const overwritten = (image: Buffer, at: number, bytes: Buffer): Buffer => {
  bytes.copy(image, Math.min(at, image.length))
  return image
}

/** The checksums that the image has places for, made right: behind a wrong one nothing else would be looked at. */
const resealed = (image: Buffer): Buffer => {
  const footers = [0, image.length - 512].filter(
    (at) => at >= 0 && at + 512 <= image.length && image.toString('latin1', at, at + 8) === 'conectix',
  )
  for (const at of footers) withChecksum(image.subarray(at, at + 512), 64)
  if (image.toString('latin1', 512, 520) === 'cxsparse' && image.length >= 1536)
    withChecksum(image.subarray(512, 1536), 36)
  if (image.toString('latin1', 0, 8) === 'vhdxfile' && image.length >= 0x50000) {
    for (const at of [0x10000, 0x20000]) sealed(image.subarray(at, at + 4096))
    sealed(image.subarray(0x30000, 0x40000))
    image.copy(image, 0x40000, 0x30000, 0x40000)
  }
  return image
}

/** Images that were valid before a few changes were made to them. */
export const mutantsOf = (images: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc.constantFrom(...images).chain((image) =>
    fc
      .record({
        // Most of them small, for a mutant is of use as long as most of it holds together.
        small: fc.array(fc.oneof(field(image), flip(image)), { minLength: 1, maxLength: 4 }),
        large: fc.option(fc.oneof(splice(image), cut(image), append, prepend), { freq: 3 }),
        isResealed: fc.boolean(),
      })
      .map(({ small, large, isResealed }) => {
        const changes = large === null ? small : [...small, large]
        const mutant = changes.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(image))
        return isResealed ? resealed(mutant) : mutant
      }),
  )

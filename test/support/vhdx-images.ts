import { crc32c } from '../../src/domain/formats/crc32c.ts'
import { type Patch, patch, u16le, u32le, u64le } from './disk-images.ts'

const MiB = 1024 * 1024

export interface VhdxOptions {
  readonly diskBytes?: number
  /** Each by its number, and before the checksum is taken. */
  readonly headers?: readonly (readonly Patch[])[]
  readonly regionTable?: readonly Patch[]
  /** Of the second table alone, after its checksum was taken. */
  readonly secondTable?: readonly Patch[]
  /** From the start of the region on. */
  readonly metadata?: readonly Patch[]
  readonly patches?: readonly Patch[]
}

export const guids = {
  blockTable: '6677c22d23f600429d64115e9bfd4a08',
  metadata: '06a27c8b90479a4bb8fe575f050f886e',
  fileParameters: '3767a1ca36fa434db3b633f0aa44e76b',
  diskSize: '2442a52f1bcd7648b2115dbed83bf4b8',
  diskId: 'ab12cabee6b2234593efc309e000c746',
  logicalSector: '1dbf41816fa90947ba47f233a8faab5f',
  physicalSector: 'c748a3cd5d4471449cc9e9885251c556',
  parentLocator: '2d5fd3a80bb34d45abf7d3d84834ab0c',
}

/** The same bytes, with the checksum of a header or a region table. */
export const sealed = (bytes: Buffer): Buffer => {
  bytes.writeUInt32LE(0, 4)
  bytes.writeUInt32LE(crc32c(bytes), 4)
  return bytes
}

/** The entry of a region table, for the `nth` place of it. */
export const vhdxRegion = (nth: number, id: string, offset: number, length = MiB, required = 1): Patch => [
  16 + 32 * nth,
  Buffer.concat([Buffer.from(id, 'hex'), u64le(offset), u32le(length), u32le(required)]),
]

/** The entry of a metadata table, for the `nth` place of it; offset from the start of the region. */
export const vhdxItem = (nth: number, id: string, offset: number, length: number, flags = 6): Patch => [
  32 + 32 * nth,
  Buffer.concat([Buffer.from(id, 'hex'), u32le(offset), u32le(length), u32le(flags), u32le(0)]),
]

const METADATA_AT = 3 * MiB

/** An empty VHDX that qemu-img opens: its headers in the first MiB, then log, block table and metadata, a MiB each. */
export const vhdx = (options: VhdxOptions = {}): Buffer => {
  const header = (nth: number): Buffer =>
    sealed(
      patch(Buffer.alloc(4096), [
        [0, 'head'],
        [8, u64le(nth + 1)],
        [66, u16le(1)],
        [68, u32le(MiB)],
        [72, u64le(MiB)],
        ...(options.headers?.[nth] ?? []),
      ]),
    )
  const table = sealed(
    patch(Buffer.alloc(65_536), [
      [0, 'regi'],
      [8, u32le(2)],
      vhdxRegion(0, guids.blockTable, 2 * MiB),
      vhdxRegion(1, guids.metadata, METADATA_AT),
      ...(options.regionTable ?? []),
    ]),
  )
  const metadata = patch(Buffer.alloc(65_536 + 4096), [
    [0, 'metadata'],
    [10, u16le(5)],
    vhdxItem(0, guids.fileParameters, 65_536, 8, 4),
    vhdxItem(1, guids.diskSize, 65_544, 8),
    vhdxItem(2, guids.diskId, 65_552, 16),
    vhdxItem(3, guids.logicalSector, 65_568, 4),
    vhdxItem(4, guids.physicalSector, 65_572, 4),
    [65_536, u32le(8 * MiB)],
    [65_544, u64le(options.diskBytes ?? MiB)],
    [65_568, u32le(512)],
    [65_572, u32le(512)],
    ...(options.metadata ?? []),
  ])
  return patch(Buffer.alloc(METADATA_AT + MiB), [
    [0, 'vhdxfile'],
    [0x10000, header(0)],
    [0x20000, header(1)],
    [0x30000, table],
    [0x40000, patch(Buffer.from(table), options.secondTable ?? [])],
    [METADATA_AT, metadata],
    ...(options.patches ?? []),
  ])
}

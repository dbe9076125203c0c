const MiB = 1024 * 1024

/** What stands at an offset; latin1 text too. */
export type Patch = readonly [offset: number, bytes: string | Uint8Array]

/** The same bytes, with the patches put into them in their order. */
export const patch = (bytes: Buffer, patches: readonly Patch[]): Buffer => {
  for (const [offset, what] of patches)
    bytes.set(typeof what === 'string' ? Buffer.from(what, 'latin1') : what, offset)
  return bytes
}

export const u16le = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
export const u32le = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
export const u32be = (value: number): Buffer => u32le(value).reverse()
export const u64le = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
export const u64be = (value: number | bigint): Buffer => u64le(value).reverse()

export interface VdiOptions {
  readonly diskBytes?: number
  readonly kind?: 'dynamic' | 'static'
  readonly patches?: readonly Patch[]
}

/** A VDI that qemu-img opens: header, block map, and for a static one its blocks. */
export const vdi = ({ diskBytes = MiB, kind = 'dynamic', patches = [] }: VdiOptions = {}): Buffer => {
  const blocks = Math.ceil(diskBytes / MiB)
  const allocated = kind === 'static' ? blocks : 0
  const dataAt = 512 + Math.ceil((blocks * 4) / 512) * 512
  const image = Buffer.alloc(dataAt + allocated * MiB)
  image.fill(0xff, 512, 512 + blocks * 4)
  for (let n = 0; n < allocated; n += 1) image.writeUInt32LE(n, 512 + 4 * n)
  return patch(image, [
    [0, '<<< Oracle VM VirtualBox Disk Image >>>\n'],
    [0x40, u32le(0xbeda107f)],
    [0x44, u32le(0x10001)],
    [0x48, u32le(0x180)],
    [0x4c, u32le(kind === 'static' ? 2 : 1)],
    [0x154, u32le(512)],
    [0x158, u32le(dataAt)],
    [0x168, u32le(512)],
    [0x170, u64le(diskBytes)],
    [0x178, u32le(MiB)],
    [0x180, u32le(blocks)],
    [0x184, u32le(allocated)],
    [0x188, Buffer.alloc(16, 7)],
    ...patches,
  ])
}

export interface VhdOptions {
  readonly diskBytes?: number
  readonly kind?: 'dynamic' | 'fixed'
  /** Before the checksum is taken. */
  readonly footer?: readonly Patch[]
  readonly dynamicHeader?: readonly Patch[]
  /** After all checksums. */
  readonly patches?: readonly Patch[]
}

/** The same bytes, with the checksum of a VHD's footer (at 64) or dynamic header (at 36). */
export const withChecksum = (bytes: Buffer, offset: number): Buffer => {
  bytes.writeUInt32BE(0, offset)
  bytes.writeUInt32BE(~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0, offset)
  return bytes
}

/** A VHD that qemu-img opens, with the geometry that leaves the size to the footer's field. */
export const vhd = ({
  diskBytes = MiB,
  kind = 'dynamic',
  footer: footerPatches = [],
  dynamicHeader: headerPatches = [],
  patches = [],
}: VhdOptions = {}): Buffer => {
  const footer = patch(Buffer.alloc(512), [
    [0, 'conectix'],
    [8, u32be(2)],
    [12, u32be(0x10000)],
    [16, u64be(kind === 'dynamic' ? 512 : 2n ** 64n - 1n)],
    [28, 'win '],
    [40, u64be(diskBytes)],
    [48, u64be(diskBytes)],
    [56, Buffer.from([0xff, 0xff, 16, 255])],
    [60, u32be(kind === 'dynamic' ? 3 : 2)],
    [68, Buffer.alloc(16, 7)],
    ...footerPatches,
  ])
  withChecksum(footer, 64)
  if (kind === 'fixed') return patch(Buffer.concat([Buffer.alloc(diskBytes), footer]), patches)
  const blocks = Math.ceil(diskBytes / (2 * MiB))
  const header = patch(Buffer.alloc(1024), [
    [0, 'cxsparse'],
    [8, u64be(2n ** 64n - 1n)],
    [16, u64be(1536)],
    [24, u32be(0x10000)],
    [28, u32be(blocks)],
    [32, u32be(2 * MiB)],
    ...headerPatches,
  ])
  const table = Buffer.alloc(Math.ceil((blocks * 4) / 512) * 512, 0xff)
  return patch(Buffer.concat([footer, withChecksum(header, 36), table, footer]), patches)
}

export interface VmdkOptions {
  readonly diskBytes?: number
  /** With a footer, as programs write it that do not know beforehand what is to come. */
  readonly kind?: 'monolithicSparse' | 'streamOptimized'
  readonly descriptor?: string
  /** Of header and footer alike. */
  readonly header?: readonly Patch[]
  readonly patches?: readonly Patch[]
}

/** What stands in a VMDK; `lines` come behind the extent. */
export const vmdkDescriptor = ({
  parentCid = 'parentCID=ffffffff',
  createType = 'createType="monolithicSparse"',
  extents = ['RW 2048 SPARSE "disk.vmdk"'],
  lines = [],
  lineEnd = '\n',
}: {
  parentCid?: string
  createType?: string
  extents?: readonly string[]
  lines?: readonly string[]
  lineEnd?: string
} = {}): string =>
  [
    '# Disk DescriptorFile',
    'version=1',
    'CID=12345678',
    parentCid,
    createType,
    '',
    '# Extent description',
    ...extents,
    ...lines,
    '',
    '# The Disk Data Base',
    '#DDB',
    'ddb.virtualHWVersion = "4"',
    'ddb.adapterType = "ide"',
    '',
  ].join(lineEnd)

const GRAIN_SECTORS = 128
const DESCRIPTOR_SECTORS = 20

/** A VMDK that qemu-img opens: header, descriptor, grain directory and (empty) tables, and the footer of a stream. */
export const vmdk = ({
  diskBytes = MiB,
  kind = 'monolithicSparse',
  descriptor = vmdkDescriptor({ createType: `createType="${kind}"` }),
  header: headerPatches = [],
  patches = [],
}: VmdkOptions = {}): Buffer => {
  const tables = Math.ceil(diskBytes / 512 / (GRAIN_SECTORS * 512))
  const directoryAt = 1 + DESCRIPTOR_SECTORS
  const tablesAt = directoryAt + Math.ceil((tables * 4) / 512)
  const grainsAt = Math.ceil((tablesAt + 4 * tables) / GRAIN_SECTORS) * GRAIN_SECTORS
  const isStream = kind === 'streamOptimized'
  const header = (directory: number | bigint): Buffer =>
    patch(Buffer.alloc(512), [
      [0, 'KDMV'],
      [4, u32le(isStream ? 3 : 1)],
      [8, u32le(isStream ? 0x30001 : 1)],
      [12, u64le(Math.ceil(diskBytes / 512))],
      [20, u64le(GRAIN_SECTORS)],
      [28, u64le(1)],
      [36, u64le(DESCRIPTOR_SECTORS)],
      [44, u32le(512)],
      [56, u64le(directory)],
      [64, u64le(grainsAt)],
      [73, '\n \r\n'],
      [77, u16le(isStream ? 1 : 0)],
      ...headerPatches,
    ])
  const image = Buffer.alloc(grainsAt * 512)
  header(isStream ? 2n ** 64n - 1n : directoryAt).copy(image)
  image.write(descriptor, 512, 'latin1')
  for (let n = 0; n < tables; n += 1) image.writeUInt32LE(tablesAt + 4 * n, directoryAt * 512 + 4 * n)
  if (!isStream) return patch(image, patches)
  const marker = (type: number): Buffer => patch(Buffer.alloc(512), [[12, u32le(type)]])
  return patch(Buffer.concat([image, marker(3), header(directoryAt), marker(0)]), patches)
}

/** An empty `zfs send` of one volume: its begin record, with nothing that would have to be received. */
export const zfsStream = ({ bigEndian = false, bytes = 4096 } = {}): Buffer => {
  const magic = u64le(0x2f5bacbacn)
  return patch(Buffer.alloc(bytes), [
    [8, bigEndian ? magic.reverse() : magic],
    [56, 'tank/disk@today'],
  ])
}

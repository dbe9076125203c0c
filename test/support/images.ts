import { createCipheriv, createHash } from 'node:crypto'

/** Deterministic bytes that look random: the same for the same seed, and begin like no image format. */
export const rawDisk = (size: number, seed: number | string): Buffer => {
  const key = createHash('sha256').update(`raw disk ${seed}`).digest().subarray(0, 16)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

export interface Qcow2Extension {
  readonly type: number
  readonly data: Buffer
}

export interface Qcow2Options {
  /** Of the disk that a guest sees, in bytes. */
  readonly virtualSize: number
  readonly version?: 2 | 3
  readonly clusterBits?: number
  readonly backingFile?: string
  /** As an extension; needs no backing file, to be able to lie. */
  readonly backingFormat?: string
  /** Sets the feature bit and adds the extension that names the file. */
  readonly dataFile?: string
  /** Feature bits, besides that of a data file. */
  readonly incompatible?: bigint
  readonly compressionType?: number
  readonly cryptMethod?: number
  readonly extensions?: readonly Qcow2Extension[]
}

export const BACKING_FORMAT_EXTENSION = 0xe2792aca
export const DATA_FILE_EXTENSION = 0x44415441
export const FEATURE_NAMES_EXTENSION = 0x6803f857

const EXTENDED_L2 = 1n << 4n

/**
 * An empty qcow2 that qemu-img opens and finds without fault: header, refcount table, one refcount block, L1 table, in
 * this order and a whole number of clusters each. Throws where the disk takes more than one refcount block to describe.
 */
export const qcow2 = (options: Qcow2Options): Buffer => {
  const clusterBits = options.clusterBits ?? 16
  const cluster = 2 ** clusterBits
  const incompatible = (options.incompatible ?? 0n) | (options.dataFile === undefined ? 0n : 1n << 2n)
  const l2Entry = (incompatible & EXTENDED_L2) === 0n ? 8 : 16
  const l1Entries = Math.ceil(options.virtualSize / (cluster * (cluster / l2Entry)))
  const clusters = 3 + Math.ceil((l1Entries * 8) / cluster)
  if (clusters > cluster / 2)
    throw new Error(`${options.virtualSize} bytes need larger clusters than ${cluster}`)

  const image = Buffer.alloc(clusters * cluster)
  qcow2Header({ ...options, incompatible, clusterBits }, l1Entries).copy(image)
  // Refcount table: its only block is in cluster 2. Refcount block: 16 bits a cluster, each used once.
  image.writeBigUInt64BE(BigInt(2 * cluster), cluster)
  for (let n = 0; n < clusters; n += 1) image.writeUInt16BE(1, 2 * cluster + 2 * n)
  return image
}

/** Header, extensions and name of the backing file: what checkers look at, for the first cluster. */
const qcow2Header = (options: Qcow2Options & { clusterBits: number }, l1Entries: number): Buffer => {
  const { version = 3, virtualSize, clusterBits, backingFile = '' } = options
  const extensions = extensionsOf(options).map(qcow2Extension)
  const headerBytes = version === 2 ? 72 : options.compressionType === undefined ? 104 : 112
  const header = Buffer.alloc(headerBytes)
  const nameAt = headerBytes + extensions.reduce((sum, { length }) => sum + length, 0) + 8
  header.write('QFI\xfb', 'latin1')
  header.writeUInt32BE(version, 4)
  header.writeBigUInt64BE(backingFile === '' ? 0n : BigInt(nameAt), 8)
  header.writeUInt32BE(backingFile.length, 16)
  header.writeUInt32BE(clusterBits, 20)
  header.writeBigUInt64BE(BigInt(virtualSize), 24)
  header.writeUInt32BE(options.cryptMethod ?? 0, 32)
  header.writeUInt32BE(l1Entries, 36)
  header.writeBigUInt64BE(BigInt(3 * 2 ** clusterBits), 40) // L1 table
  header.writeBigUInt64BE(BigInt(2 ** clusterBits), 48) // refcount table
  header.writeUInt32BE(1, 56) // clusters of the refcount table
  if (version === 3) {
    header.writeBigUInt64BE(options.incompatible ?? 0n, 72)
    header.writeUInt32BE(4, 96) // refcounts of 2^4 bits
    header.writeUInt32BE(headerBytes, 100)
  }
  if (options.compressionType !== undefined) header.writeUInt8(options.compressionType, 104)
  return Buffer.concat([header, ...extensions, Buffer.alloc(8), Buffer.from(backingFile)])
}

const extensionsOf = ({
  backingFormat,
  dataFile,
  extensions = [],
}: Qcow2Options): readonly Qcow2Extension[] => [
  ...extensions,
  ...(backingFormat === undefined
    ? []
    : [{ type: BACKING_FORMAT_EXTENSION, data: Buffer.from(backingFormat) }]),
  ...(dataFile === undefined ? [] : [{ type: DATA_FILE_EXTENSION, data: Buffer.from(dataFile) }]),
]

const qcow2Extension = ({ type, data }: Qcow2Extension): Buffer => {
  const bytes = Buffer.alloc(8 + Math.ceil(data.length / 8) * 8)
  bytes.writeUInt32BE(type, 0)
  bytes.writeUInt32BE(data.length, 4)
  data.copy(bytes, 8)
  return bytes
}

export interface IsoOptions {
  readonly volumeId?: string
  /** Put into the root directory as DATA.;1. */
  readonly data?: Buffer
  /** What the volume says of its size, in sectors of 2,048 bytes; the truth by default. */
  readonly volumeSectors?: number
  /** What is in the sixteen sectors before the volume, as in images that boot from a stick too. */
  readonly bootable?: 'MBR' | 'GPT'
}

const SECTOR = 2048

/**
 * An ISO 9660 disc (ECMA-119) with a root directory and at most one file: primary descriptor, terminator, both path tables,
 * root directory, file; from sector 16 on, a sector each but for the file.
 */
export const iso = ({ volumeId = 'TEST', data, volumeSectors, bootable }: IsoOptions = {}): Buffer => {
  const sectors = 21 + Math.ceil((data?.length ?? 0) / SECTOR)
  const image = Buffer.alloc(sectors * SECTOR)
  primaryDescriptor(volumeId, volumeSectors ?? sectors).copy(image, 16 * SECTOR)
  image.write('\xffCD001\x01', 17 * SECTOR, 'latin1')
  // Path tables, little- and big-endian: the root is its own parent.
  image.set([1, 0, 20, 0, 0, 0, 1, 0], 18 * SECTOR)
  image.set([1, 0, 0, 0, 0, 20, 0, 1], 19 * SECTOR)
  const entries = [directoryRecord('\0', 20, SECTOR, true), directoryRecord('\x01', 20, SECTOR, true)]
  if (data !== undefined) entries.push(directoryRecord('DATA.;1', 21, data.length, false))
  Buffer.concat(entries).copy(image, 20 * SECTOR)
  data?.copy(image, 21 * SECTOR)
  if (bootable !== undefined) partitionTable(bootable, image.length / 512).copy(image)
  return image
}

const primaryDescriptor = (volumeId: string, volumeSectors: number): Buffer => {
  const descriptor = Buffer.alloc(SECTOR)
  descriptor.write('\x01CD001\x01', 0, 'latin1')
  descriptor.write(' '.repeat(32), 8)
  descriptor.write(volumeId.padEnd(32), 40)
  writeBothEndian32(descriptor, 80, volumeSectors)
  writeBothEndian16(descriptor, 120, 1) // volumes in the set
  writeBothEndian16(descriptor, 124, 1) // which of them
  writeBothEndian16(descriptor, 128, SECTOR)
  writeBothEndian32(descriptor, 132, 10) // bytes of a path table
  descriptor.writeUInt32LE(18, 140)
  descriptor.writeUInt32BE(19, 148)
  directoryRecord('\0', 20, SECTOR, true).copy(descriptor, 156)
  descriptor.write(' '.repeat(623), 190)
  // Four dates: 16 digits and a zone, zeros where not given.
  for (let n = 0; n < 4; n += 1) descriptor.write('0'.repeat(16), 813 + 17 * n)
  descriptor.writeUInt8(1, 881)
  return descriptor
}

const directoryRecord = (name: string, sector: number, bytes: number, isDirectory: boolean): Buffer => {
  const record = Buffer.alloc(33 + name.length + (name.length % 2 === 0 ? 1 : 0))
  record.writeUInt8(record.length, 0)
  writeBothEndian32(record, 2, sector)
  writeBothEndian32(record, 10, bytes)
  record.set([126, 1, 1, 0, 0, 0, 0], 18) // 1 January 2026
  record.writeUInt8(isDirectory ? 2 : 0, 25)
  writeBothEndian16(record, 28, 1)
  record.writeUInt8(name.length, 32)
  record.write(name, 33, 'latin1')
  return record
}

/** The signatures and one entry; of a GPT no more than what tells it. Sectors of 512 bytes. */
export const partitionTable = (kind: 'MBR' | 'GPT', sectors: number): Buffer => {
  const table = Buffer.alloc(1024)
  table.writeUInt8(kind === 'GPT' ? 0xee : 0x83, 446 + 4)
  table.writeUInt32LE(1, 446 + 8)
  table.writeUInt32LE(sectors - 1, 446 + 12)
  table.writeUInt16BE(0x55aa, 510)
  if (kind === 'GPT') table.write('EFI PART', 512)
  return table
}

const writeBothEndian32 = (bytes: Buffer, offset: number, value: number): void => {
  bytes.writeUInt32LE(value, offset)
  bytes.writeUInt32BE(value, offset + 4)
}

const writeBothEndian16 = (bytes: Buffer, offset: number, value: number): void => {
  bytes.writeUInt16LE(value, offset)
  bytes.writeUInt16BE(value, offset + 2)
}

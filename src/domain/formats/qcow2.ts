import { left, right } from '../kernel/fp.ts'
import { hasAt, zeroPadded } from './capture.ts'
import { type ContentRefusal, contentRefusal, invalidImage } from './content.ts'
import { type FormatInspector, firstRefusal, type Rule } from './inspector.ts'

/** The same for the first version of the format, which is another one in all that follows: see unsupported.ts. */
export const QCOW_MAGIC = Buffer.from('QFI\xfb', 'latin1')

/**
 * qcow2, versions 2 and 3, by docs/interop/qcow2.txt of QEMU. Refused is what makes a hypervisor open another file
 * (CVE-2015-5163, CVE-2024-32498), what no reader here would understand, and a header that does not hold together. What
 * is hostile is said first: a header that is cut off behind its backing file is an attempt, not an accident.
 *
 * Of the incompatible features, 0 (dirty: only reference counts are stale, which reading does not use), 3 (compression
 * type) and 4 (extended L2 entries) are allowed; 1 (corrupt) is the writer's own word that the image is broken.
 */
export const qcow2: FormatInspector = {
  name: 'qcow2',
  inspect: (capture) => {
    if (!hasAt(capture.head, 0, QCOW_MAGIC)) return null
    const header = readHeader(capture.head)
    if (header.version === 1) return null
    const refusal = firstRefusal(rules, header, capture)
    return refusal === null
      ? right({ format: 'QCOW2', virtualSizeBytes: header.virtualSizeBytes })
      : left(refusal)
  },
}

const V2_HEADER_BYTES = 72
const V3_HEADER_BYTES = 104

interface Header {
  readonly version: number
  readonly backingFileOffset: bigint
  readonly clusterBits: number
  readonly virtualSizeBytes: bigint
  readonly cryptMethod: number
  readonly l1Entries: number
  readonly l1Offset: bigint
  readonly refcountTableOffset: bigint
  readonly refcountTableClusters: number
  readonly snapshots: number
  readonly snapshotsOffset: bigint
  readonly incompatible: bigint
  readonly headerBytes: number
  /** 0 is zlib, 1 is zstd. */
  readonly compressionType: number
}

/** What lies beyond the end of a short stream reads as zero; `cutOff` refuses it afterwards. */
const readHeader = (head: Buffer): Header => {
  const fields = zeroPadded(head, V3_HEADER_BYTES + 8)
  const version = fields.readUInt32BE(4)
  // Version 2 ends at byte 72: what follows are its extensions, and no feature bits.
  const extended = version >= 3
  const headerBytes = extended ? fields.readUInt32BE(100) : V2_HEADER_BYTES
  return {
    version,
    backingFileOffset: fields.readBigUInt64BE(8),
    clusterBits: fields.readUInt32BE(20),
    virtualSizeBytes: fields.readBigUInt64BE(24),
    cryptMethod: fields.readUInt32BE(32),
    l1Entries: fields.readUInt32BE(36),
    l1Offset: fields.readBigUInt64BE(40),
    refcountTableOffset: fields.readBigUInt64BE(48),
    refcountTableClusters: fields.readUInt32BE(56),
    snapshots: fields.readUInt32BE(60),
    snapshotsOffset: fields.readBigUInt64BE(64),
    incompatible: extended ? fields.readBigUInt64BE(72) : 0n,
    headerBytes,
    compressionType: headerBytes > V3_HEADER_BYTES ? fields.readUInt8(V3_HEADER_BYTES) : 0,
  }
}

const hasKnownVersion: Rule<Header> = ({ version }, { head }) => {
  if (version === 2 || version === 3) return null
  return head.length < 8
    ? invalidImage('The qcow2 image ends inside of its header.')
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The qcow2 image is of version ${version}: versions 2 and 3 are accepted.`,
      )
}

const needsNoBackingFile: Rule<Header> = ({ backingFileOffset }) =>
  backingFileOffset === 0n
    ? null
    : contentRefusal(
        'UNSAFE_BACKING_FILE',
        'The qcow2 image names a backing file: flatten it, for example with qemu-img convert.',
      )

const DATA_FILE_BIT = 1n << 2n

const needsNoDataFile: Rule<Header> = ({ incompatible }) =>
  (incompatible & DATA_FILE_BIT) === 0n
    ? null
    : contentRefusal(
        'UNSAFE_DATA_FILE',
        'The qcow2 image keeps its data in an external file: convert it to one file, for example with qemu-img convert.',
      )

const isNotCutOff: Rule<Header> = ({ version }, { head }) =>
  head.length < (version === 2 ? V2_HEADER_BYTES : V3_HEADER_BYTES)
    ? invalidImage('The qcow2 image ends inside of its header.')
    : null

const hasSaneClusters: Rule<Header> = ({ clusterBits }) =>
  clusterBits >= 9 && clusterBits <= 21
    ? null
    : invalidImage(`The qcow2 image has cluster_bits ${clusterBits}: 9 to 21 are possible.`)

const hasSaneHeaderLength: Rule<Header> = ({ version, headerBytes, clusterBits }) =>
  version === 2 ||
  (headerBytes >= V3_HEADER_BYTES && headerBytes % 8 === 0 && headerBytes <= 2 ** clusterBits)
    ? null
    : invalidImage(
        `The qcow2 image has a header_length of ${headerBytes}: it must be a multiple of 8, from 104 to the size of a cluster.`,
      )

const END_OF_EXTENSIONS = 0
const unsafeExtensions = new Map<number, ContentRefusal>([
  [
    0xe2792aca,
    contentRefusal(
      'UNSAFE_BACKING_FILE',
      'The qcow2 image names the format of a backing file: flatten it, for example with qemu-img convert.',
    ),
  ],
  [
    0x44415441,
    contentRefusal(
      'UNSAFE_DATA_FILE',
      'The qcow2 image names an external data file: convert it to one file, for example with qemu-img convert.',
    ),
  ],
  [
    0x0537be77,
    contentRefusal(
      'UNSUPPORTED_FEATURE',
      'The qcow2 image is encrypted (LUKS): only plain images are accepted.',
    ),
  ],
])

/**
 * Extensions fill the first cluster from the header's end: u32 type, u32 length, the data, padding to 8 bytes. The list
 * ends with type 0 or with the cluster. It must end within the captured head even where clusters are larger: QEMU's own
 * take a few hundred bytes.
 */
const hasHarmlessExtensions: Rule<Header> = ({ headerBytes, clusterBits }, { head }) => {
  const areaEnd = 2 ** clusterBits
  let at = headerBytes
  while (at < areaEnd) {
    if (at + 8 > head.length)
      return invalidImage('The qcow2 image has a list of header extensions without an end.')
    const type = head.readUInt32BE(at)
    if (type === END_OF_EXTENSIONS) return null
    // Before its length is looked at: the name of the file may be cut off, or the length made up to hide it.
    const unsafe = unsafeExtensions.get(type)
    if (unsafe !== undefined) return unsafe
    const length = head.readUInt32BE(at + 4)
    at += 8 + Math.ceil(length / 8) * 8
    if (at > areaEnd)
      return invalidImage('The qcow2 image has a header extension that is longer than the header area.')
  }
  return null
}

const isNotEncrypted: Rule<Header> = ({ cryptMethod }) =>
  cryptMethod === 0
    ? null
    : contentRefusal('UNSUPPORTED_FEATURE', 'The qcow2 image is encrypted: only plain images are accepted.')

const CORRUPT_BIT = 1n << 1n
const FIRST_UNKNOWN_BIT = 5n

const hasKnownFeatures: Rule<Header> = ({ incompatible, compressionType }) => {
  if ((incompatible & CORRUPT_BIT) !== 0n)
    return invalidImage('The qcow2 image is marked as corrupt: repair it with qemu-img check -r all.')
  if (incompatible >> FIRST_UNKNOWN_BIT !== 0n)
    return contentRefusal(
      'UNSUPPORTED_FEATURE',
      `The qcow2 image has incompatible features that are not known: 0x${incompatible.toString(16)}.`,
    )
  return compressionType <= 1
    ? null
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The qcow2 image is compressed in a way that is not known: type ${compressionType}; zlib and zstd are accepted.`,
      )
}

const L1_ENTRY_BYTES = 8n

const hasItsL1Table: Rule<Header> = ({ l1Entries, l1Offset }, { sizeBytes }) => {
  const end = l1Offset + BigInt(l1Entries) * L1_ENTRY_BYTES
  return l1Entries === 0 || end <= sizeBytes
    ? null
    : invalidImage(
        `The qcow2 image has an L1 table that ends at byte ${end}, but only ${sizeBytes} bytes came: it is cut off.`,
      )
}

/** The table fills clusters, but the last cluster of a file need not be padded. */
const hasItsRefcountTable: Rule<Header> = (header, { sizeBytes }) => {
  const clusterBytes = 1n << BigInt(header.clusterBits)
  const end = header.refcountTableOffset + BigInt(header.refcountTableClusters) * clusterBytes
  return end < sizeBytes + clusterBytes
    ? null
    : invalidImage(
        `The qcow2 image has a refcount table that ends at byte ${end}, but only ${sizeBytes} bytes came: it is cut off.`,
      )
}

/** Without the names and the rest of it, which follow. */
const SNAPSHOT_BYTES = 40n

const hasItsSnapshots: Rule<Header> = ({ snapshots, snapshotsOffset }, { sizeBytes }) => {
  const end = snapshotsOffset + BigInt(snapshots) * SNAPSHOT_BYTES
  return snapshots === 0 || end <= sizeBytes
    ? null
    : invalidImage(
        `The qcow2 image has ${snapshots} snapshots listed up to byte ${end}, but only ${sizeBytes} bytes came: it is cut off.`,
      )
}

/** In this order; the first refusal counts. */
const rules: readonly Rule<Header>[] = [
  hasKnownVersion,
  needsNoBackingFile,
  needsNoDataFile,
  isNotCutOff,
  hasSaneClusters,
  hasSaneHeaderLength,
  hasHarmlessExtensions,
  isNotEncrypted,
  hasKnownFeatures,
  hasItsL1Table,
  hasItsRefcountTable,
  hasItsSnapshots,
]

import { type Either, left, right } from '../kernel/fp.ts'
import { hasAt } from './capture.ts'
import { type Compression, type ContentRefusal, contentRefusal, type Detected } from './content.ts'
import type { FormatInspector } from './inspector.ts'

/** What says how a stream is compressed lies within so many bytes of its head, or it is not taken for compressed. */
export const DETECTION_BYTES = 4096

export type Packed = Exclude<Compression, 'NONE'>

/** Deflate is the only method there is, and the upper three flags are reserved (RFC 1952). */
const isGzip = (head: Buffer): boolean => hasAt(head, 0, '\x1f\x8b\x08') && ((head[3] ?? 0xff) & 0xe0) === 0

/** The level is a digit, and what follows begins a block, or ends a stream without one. */
const isBzip2 = (head: Buffer): boolean =>
  /^BZh[1-9]$/.test(head.toString('latin1', 0, 4)) &&
  (hasAt(head, 4, '\x31\x41\x59\x26\x53\x59') || hasAt(head, 4, '\x17\x72\x45\x38\x50\x90'))

/** LZ4 and Zstandard share the frames that readers skip: a magic of sixteen, u32 length, the data. */
export const isSkippableFrame = (head: Buffer): boolean =>
  hasAt(head, 1, '\x2a\x4d\x18') && ((head[0] ?? 0) & 0xf0) === 0x50

/** Where the first frame begins that holds data; the end of the head where it lies further on. */
const firstFrame = (head: Buffer): Buffer => {
  let rest = head
  while (isSkippableFrame(rest))
    rest = rest.length < 8 ? rest.subarray(8) : rest.subarray(8 + rest.readUInt32LE(4))
  return rest
}

interface Packing {
  readonly compression: Packed
  /** What people call it. */
  readonly name: string
  readonly extension: string
  readonly matches: (head: Buffer) => boolean
}

const packings: readonly Packing[] = [
  { compression: 'GZIP', name: 'gzip', extension: '.gz', matches: isGzip },
  { compression: 'BZIP2', name: 'bzip2', extension: '.bz2', matches: isBzip2 },
  { compression: 'XZ', name: 'xz', extension: '.xz', matches: (head) => hasAt(head, 0, '\xfd7zXZ\0') },
  {
    compression: 'LZ4',
    name: 'LZ4',
    extension: '.lz4',
    matches: (head) => hasAt(firstFrame(head), 0, '\x04\x22\x4d\x18'),
  },
  {
    compression: 'ZSTD',
    name: 'Zstandard',
    extension: '.zst',
    matches: (head) => hasAt(firstFrame(head), 0, '\x28\xb5\x2f\xfd'),
  },
]

/** How a stream that begins with `head` is compressed, whatever lies beyond the first DETECTION_BYTES. */
export const compressionOf = (head: Buffer): Compression => {
  const beginning = head.subarray(0, DETECTION_BYTES)
  return packings.find(({ matches }) => matches(beginning))?.compression ?? 'NONE'
}

/** What the name of a file so compressed ends in, with its dot; nothing for NONE. */
export const extensionOf = (compression: Compression): string =>
  packings.find((packing) => packing.compression === compression)?.extension ?? ''

/**
 * Compressions among the formats: what looks compressed and is of another format too is ambiguous like anything else. The
 * content is that of the bytes as they came; what is within is for `judgeWithin` to say.
 */
export const compressed: readonly FormatInspector[] = packings.map(({ name, compression }) => ({
  name,
  inspect: ({ head, sizeBytes }) =>
    compressionOf(head) === compression ? right({ format: 'RAW', virtualSizeBytes: sizeBytes }) : null,
}))

/**
 * The verdict on a compressed image, from that on what came out of it. Refused is what has its own compression: another
 * layer as NESTED_COMPRESSION, a format other than RAW and ZFS as UNSUPPORTED_FORMAT. What is unsafe stays that.
 */
export const judgeWithin = (
  compression: Packed,
  within: Either<ContentRefusal, Detected>,
): Either<ContentRefusal, Detected> => {
  if (within._tag === 'Left') return within
  const { format } = within.right
  if (within.right.compression !== 'NONE')
    return left(
      contentRefusal(
        'NESTED_COMPRESSION',
        `The image is compressed twice, ${within.right.compression} within ${compression}: send it with one layer.`,
      ),
    )
  if (format !== 'RAW' && format !== 'ZFS')
    return left(
      contentRefusal(
        'UNSUPPORTED_FORMAT',
        `The image is ${format} within ${compression}: decompress it and send the ${format} image itself.`,
      ),
    )
  return right({ ...within.right, compression })
}

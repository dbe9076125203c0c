/** What the bytes of an image may be, in the words of the GraphQL contract. */
export const imageFormats = ['RAW', 'QCOW2', 'VMDK', 'VHD', 'VHDX', 'VDI', 'ISO', 'ZFS'] as const
export type ImageFormat = (typeof imageFormats)[number]

/** What may be wrapped around the bytes of an image, one layer at most. */
export const compressions = ['NONE', 'GZIP', 'BZIP2', 'XZ', 'LZ4', 'ZSTD'] as const
export type Compression = (typeof compressions)[number]

/**
 * Why bytes did not become an image. Clients match on these and events store them: a code may be added, but none is
 * renamed or taken away.
 */
export const contentRefusalCodes = [
  'UNSAFE_BACKING_FILE',
  'UNSAFE_DATA_FILE',
  'UNSAFE_EXTENT',
  'UNSAFE_PARENT',
  'UNSUPPORTED_FEATURE',
  'UNSUPPORTED_FORMAT',
  'AMBIGUOUS_FORMAT',
  'URL_FORBIDDEN',
  'FORMAT_MISMATCH',
  'SIZE_MISMATCH',
  'CHECKSUM_MISMATCH',
  'INVALID_IMAGE',
  'EMPTY_IMAGE',
  'VIRTUAL_SIZE_LIMIT',
  'SIZE_LIMIT',
  'DECOMPRESSED_LIMIT',
  'NESTED_COMPRESSION',
  'UPLOAD_INCOMPLETE',
  /** What was to be fetched could not be had. */
  'SOURCE_UNAVAILABLE',
  /** What was to be copied is deleted. */
  'SOURCE_GONE',
] as const
export type ContentRefusalCode = (typeof contentRefusalCodes)[number]

/** Why bytes were refused: a code for programs and a sentence for the person who sent them. */
export interface ContentRefusal {
  readonly code: ContentRefusalCode
  readonly message: string
}

export const contentRefusal = (code: ContentRefusalCode, message: string): ContentRefusal => ({
  code,
  message,
})

/** The most common refusal: a header that does not hold together, or points at what did not come. */
export const invalidImage = (message: string): ContentRefusal => contentRefusal('INVALID_IMAGE', message)

/** What an inspector finds bytes to be. */
export interface Content {
  readonly format: ImageFormat
  /** The size of the disk or disc that a guest sees, in bytes. */
  readonly virtualSizeBytes: bigint
}

/** What the bytes of an image were found to be; format and virtual size are those of what is within the compression. */
export interface Detected extends Content {
  readonly compression: Compression
}

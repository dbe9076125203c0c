import { constants, createZstdDecompress } from 'node:zlib'
import { corrupt, type Decode, notSupported, trailing } from './decode.ts'
import { Input } from './input.ts'
import { type Engine, engineOf } from './zlib-engine.ts'

const NAME = 'Zstandard'
const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const MAX_WINDOW_LOG = 27
const CHUNK_BYTES = 128 * 1024

/**
 * RFC 8878, by Node's libzstd, which checks the checksums. It stops at the end of a frame and forgets what else it was
 * given, so the frames are told apart here and given one after the other, each by itself. A window of more than 128 MiB,
 * which the decoder would have to keep in memory, and a dictionary are refused.
 */
export const unzstd: Decode = async (next, emit) => {
  const input = new Input(next, NAME)
  const stream = createZstdDecompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
  })
  const engine = engineOf(stream, emit)
  try {
    while (!input.atEnd()) await nextFrame(input, engine)
    await engine.end()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    // The frames themselves are whole: what still misses bytes is not what it says it is.
    throw code.startsWith('ZSTD_error_') || code === 'Z_BUF_ERROR' ? corrupt(NAME) : error
  }
}

const nextFrame = async (input: Input, engine: Engine): Promise<void> => {
  const magic = input.uint32LE()
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
    input.skip(input.uint32LE())
    return
  }
  if (magic !== MAGIC) throw trailing(NAME)
  const { bytes, hasChecksum } = readFrameHeader(input)
  await engine.write(bytes)
  while (!(await nextBlock(input, engine))) {
    // The last block says that it is the last.
  }
  if (hasChecksum) await engine.write(input.take(4))
}

/** Says whether it was the last one of its frame. */
const nextBlock = async (input: Input, engine: Engine): Promise<boolean> => {
  const header = Buffer.from(input.take(3))
  const fields = header.readUIntLE(0, 3)
  const isRun = ((fields >> 1) & 3) === 1
  await engine.write(header)
  // The size of a run is that of what comes out; one byte is in the block.
  const length = isRun ? 1 : fields >> 3
  if (length > 0) await engine.write(input.take(length))
  return (fields & 1) === 1
}

const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

const readFrameHeader = (input: Input): { readonly bytes: Buffer; readonly hasChecksum: boolean } => {
  const descriptor = input.byte()
  const isSingleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = DICTIONARY_ID_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3]
  const sizeFlag = (descriptor >> 6) as 0 | 1 | 2 | 3
  const sizeBytes = isSingleSegment && sizeFlag === 0 ? 1 : CONTENT_SIZE_BYTES[sizeFlag]
  const windowBytes = isSingleSegment ? 0 : 1
  const fields = Buffer.from(input.take(windowBytes + dictionaryBytes + sizeBytes))
  const window = isSingleSegment
    ? contentSize(fields, dictionaryBytes, sizeBytes)
    : windowOf(fields.readUInt8())
  if (window > 2n ** BigInt(MAX_WINDOW_LOG))
    throw notSupported(
      `The ${NAME} image takes a window of ${window} bytes to decompress: compress it with at most --long=${MAX_WINDOW_LOG}.`,
    )
  if (fields.subarray(windowBytes, windowBytes + dictionaryBytes).some((byte) => byte !== 0))
    throw notSupported(`The ${NAME} image takes a dictionary to decompress: compress it without one.`)
  const magic = Buffer.alloc(5)
  magic.writeUInt32LE(MAGIC)
  magic.writeUInt8(descriptor, 4)
  return { bytes: Buffer.concat([magic, fields]), hasChecksum: (descriptor & 4) !== 0 }
}

const windowOf = (descriptor: number): bigint => {
  const base = 1n << BigInt(10 + (descriptor >> 3))
  return base + (base / 8n) * BigInt(descriptor & 7)
}

/** Of a single segment, whose window is all of its content. Two bytes count from 256 on. */
const contentSize = (fields: Buffer, offset: number, length: number): bigint => {
  if (length === 8) return fields.readBigUInt64LE(offset)
  return BigInt(fields.readUIntLE(offset, length) + (length === 2 ? 256 : 0))
}

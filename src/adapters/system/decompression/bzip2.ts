import { Bits } from './bits.ts'
import { type BlockReader, blockReader } from './bzip2-block.ts'
import { corrupt, type Decode, trailing } from './decode.ts'
import { Input } from './input.ts'

const NAME = 'bzip2'
const MAGIC = 0x425a68 // BZh
const BLOCK = 0x314159265359
const END = 0x177245385090

/** Any number of streams, one after the other; the CRC of each block and of each stream must be right. */
export const bunzip2: Decode = async (next, emit) => {
  const input = new Input(next, NAME)
  const readBlock = blockReader(emit)
  while (!input.atEnd()) readStream(input, readBlock)
}

const readStream = (input: Input, readBlock: BlockReader): void => {
  const bits = new Bits(input)
  if (bits.read(24) !== MAGIC) throw trailing(NAME)
  const level = bits.read(8) - 0x30
  if (level < 1 || level > 9) throw trailing(NAME)
  let combined = 0
  for (;;) {
    const magic = bits.read(24) * 2 ** 24 + bits.read(24)
    const crc = bits.uint32()
    if (magic === END) {
      if (crc !== combined) throw corrupt(NAME)
      return
    }
    if (magic !== BLOCK || readBlock(bits, level * 100_000) !== crc) throw corrupt(NAME)
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0
  }
}

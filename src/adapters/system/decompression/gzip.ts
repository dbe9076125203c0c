import { createGunzip } from 'node:zlib'
import { corrupt, cutOff, type Decode, trailing } from './decode.ts'
import { type Engine, engineOf } from './zlib-engine.ts'

const NAME = 'gzip'
const CHUNK_BYTES = 128 * 1024

/** RFC 1952, by zlib, which goes on with the members that follow and checks CRC and length of each. */
export const gunzip: Decode = async (next, emit) => {
  const engine = engineOf(createGunzip({ chunkSize: CHUNK_BYTES }), emit)
  try {
    await feed(engine, next)
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'Z_BUF_ERROR':
        throw cutOff(NAME)
      case 'Z_DATA_ERROR':
      // It asks for a preset dictionary, which is of zlib's own format and not of gzip.
      case 'Z_NEED_DICT':
        throw corrupt(NAME)
      default:
        throw error
    }
  }
}

const feed = async (engine: Engine, next: () => Uint8Array | null): Promise<void> => {
  let given = 0
  for (let bytes = next(); bytes !== null; bytes = next()) {
    given += bytes.length
    // Zeros behind a member are left lying without a word, by gzip's own custom.
    if ((await engine.write(bytes)) < given) throw trailing(NAME)
  }
  await engine.end()
}

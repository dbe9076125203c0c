import xz from 'xz-decompress'
import { corrupt, cutOff, type Decode, notSupported } from './decode.ts'

const NAME = 'xz'

/**
 * xz-embedded in WebAssembly, which bounds its dictionary at 64 MiB (as much as xz -9 takes), goes on with the streams
 * and the padding that follow, and checks CRC32 and CRC64.
 */
export const unxz: Decode = async (next, emit) => {
  const compressed = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const bytes = next()
        if (bytes === null) controller.close()
        else controller.enqueue(bytes)
      },
    },
    // Nothing is asked for ahead: bytes hold until the next are asked for.
    { highWaterMark: 0 },
  )
  try {
    for await (const bytes of new xz.XzReadableStream(compressed)) emit(bytes)
  } catch (error) {
    throw refused(error)
  }
}

/** The library says it with a number of xz-embedded (xz.h) in its message, and in no other way. */
const refused = (error: unknown): unknown => {
  switch (/error code (\d)$/.exec(error instanceof Error ? error.message : '')?.[1]) {
    case '3':
    case '4':
      return notSupported(
        'The xz image takes a dictionary of more than 64 MiB to decompress: compress it with at most -9.',
      )
    case '2':
    case '6':
      return notSupported(
        'The xz image uses a filter or a check that is not known: compress it without filters, with --check=crc64.',
      )
    case '8':
      return cutOff(NAME)
    case '5':
    case '7':
      return corrupt(NAME)
    default:
      return error
  }
}

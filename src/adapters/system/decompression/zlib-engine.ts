import type { Gunzip, ZstdDecompress } from 'node:zlib'

/** A decompressor of Node's as one who waits for it wants it. */
export interface Engine {
  /** Resolves when all that these bytes give has been handed on; says how many of all bytes given so far it has taken. */
  write(bytes: Uint8Array): Promise<number>
  /** Resolves when everything has been handed on. */
  end(): Promise<void>
}

/** Rejects with Node's error, whose `code` says which. */
export const engineOf = (stream: Gunzip | ZstdDecompress, emit: (bytes: Uint8Array) => void): Engine => {
  // Of the call under way: an error of the stream is told to nobody else.
  let fail: (reason: Error) => void = () => {}
  stream.on('data', emit)
  stream.on('error', (error) => fail(error))
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        fail = reject
        stream.write(bytes, (error) => (error ? reject(error) : resolve(stream.bytesWritten)))
      }),
    end: () =>
      new Promise((resolve, reject) => {
        fail = reject
        stream.once('end', resolve)
        stream.end()
      }),
  }
}

import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Packed } from '../../src/domain/formats/compression.ts'

/** Text of 150,000 bytes: more than a block of bzip2 -1, and three of LZ4's smallest. */
export const sample = Buffer.from(
  Array.from({ length: 20_000 }, (_, n) => `line ${(n * n) % 31}\n`).join(''),
).subarray(0, 150_000)

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')

/** With its checksum, which Node leaves out unless it is asked for. */
export const zstd = (content: Uint8Array): Buffer =>
  zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

/** The sample in each compression: by Node, and by bzip2 -1, xz, and lz4 -B4 -BD -BX --content-size. */
export const packedSamples: Readonly<Record<Packed, Buffer>> = {
  GZIP: gzipSync(sample),
  BZIP2: bytes(
    [
      'QlpoMTFBWSZTWb7qGwoAj0/ZAAAQQAB34AIlMAFwAFMAACapJMJoaFMAAbIk3RJ6hJ7RJpEmpEnaJOpEnSJO0SYiTZEnEiThEm6J',
      'O0ScIk5RJwiTqEm6JOZEmyJMRJ6RJyiTlEmfIgKfISdok9okxEmIk1KKKskSZCTSJMkSYiTUiTQqpYiTSJMRJiJNSJNIkxEmIk8i',
      'Ap4ICmfogKeCAp/MUFZJlNZJiNo1AA6SVkAABBAAHfgAiUwAVgAUwAAUwAAJqkpmkaTanHEScxJzEnwSaEmoSdiT2iTcSdiTBJ6E',
      'm4SbEnMSdiTYk6Em4k9xJyJOkSehJgk4EnUSdRJ9AFPsSdiT4JMEmCTSFFWQkyJNRJiJMEmkSaSqWCTQkyJMEmoSaEmRJgk8qSlP',
      '7Ik8gCmoAp5AFP8XckU4UJBb917B',
    ].join(''),
  ),
  XZ: bytes(
    [
      '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4knvAJ9dADYaSh8IoCXB3pS6kNmvCIgL4jyvjhpqx6QsDp9SHlz9aJBWo+IZ5Mv5QM2E',
      'FY0ghztC+eAuOdkC75hjWVQf0UWv2SWjRJ95BLL/eNp7+4jXUHLCPbLqq/o8W/hIldrT2FGpRo1m4SdxVVAjJwU42HEC/+3esXD7',
      'nmk56WjLkbMvzSHe/o/jkeCQLu2YPgdC92qrxym7pB7BgXxxnLaKAAAADSCJSmcfO3wAAbsB8JMJAJy1ySaxxGf7AgAAAAAEWVo=',
    ].join(''),
  ),
  LZ4: bytes(
    [
      'BCJNGFxA8EkCAAAAAADpkQEAAHFsaW5lIDAKBwASMQcAEjQHABI5BwAiMTYIACIyNQgAAwcAIjE4DwASMgcAEzEuABI3DwAUMh4A',
      'BFoAA1QAEzEQAAMfAAMHAAQWAAQmABMyJgAERgADVQAEZAAEcwADPgADkQAEoAAEsAADkQADUwAD2wADWQADDgADHAADKgAEOQAE',
      'SQADWAAP6QD/////////////////////////////////////////////////////////////////////////////////////////',
      '////////////////////////////////////////////////////////////////////////////////////////////////////',
      '////////////////////////////////////////////////////////////////////////////////////////////////////',
      '///////////////////////////////////////////////////GUApsaW5lmhSAHDQBAAAFTv8DBv8DbP8Ee/8Ei/8Em/8Eq/8D',
      'fP8DBwAEFgAEJgAENgAERgADVQAPwf//////////////////////////////////////////////////////////////////////',
      '////////////////////////////////////////////////////////////////////////////////////////////////////',
      '////////////////////////////////////////////////////////////////////////////////////////////////////',
      '////////////////////////////////////////////////////////////////////////fFBpbmUgOCkKzSdUAAAAD8H/////',
      '//////////////////////////////////////////////////////////////////////////////////////////////8iUG5l',
      'IDIKdCcIlAAAAAC319WE',
    ].join(''),
  ),
  ZSTD: zstd(sample),
}

export const packings = Object.keys(packedSamples) as readonly Packed[]

/** 1 GiB of zeros by bzip2: 785 bytes. */
export const bomb = bytes(
  [
    'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1kO',
    'CeLfAV+OQADAAAAIIAAwgE1GQqAlqQqAlzFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAA',
    'CCAAMIBNRkKgJakKgJcxQVkmU1kOCeLfAV+OQADAAAAIIAAwgE1GQqAlqQqAlzFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWp',
    'CoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1kOCeLfAV+OQADAAAAIIAAwgE1GQqAlqQqAlzFBWSZTWQ4J',
    '4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1kOCeLfAV+OQADAAAAI',
    'IAAwgE1GQqAlqQqAlzFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakK',
    'gJcxQVkmU1kOCeLfAV+OQADAAAAIIAAwgE1GQqAlqQqAlzFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni',
    '3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1kOCeLfAV+OQADAAAAIIAAwgE1GQqAlqQqAlzFBWSZTWQ4J4t8BX45AAMAAAAgg',
    'ADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1kOCeLfAV+OQADAAAAIIAAwgE1GQqAlqQqA',
    'lzFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZDgni3wFfjkAAwAAACCAAMIBNRkKgJakKgJcxQVkmU1lIfF/J',
    'AIpSyADAAAAEAAggADDMBSmmkSJDYUSJDxdyRThQkPaI5AI=',
  ].join(''),
)

/** `megabytes` MiB of zeros: one frame whose blocks each say one byte 131,072 times. */
export const zstdBomb = (megabytes: number): Buffer => {
  const run = Buffer.from([(131_072 << 3) | 2, (131_072 << 3) >> 8, (131_072 << 3) >> 16, 0])
  const last = Buffer.from([1, 0, 0])
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]),
    ...Array.from({ length: 8 * megabytes }, () => run),
    last,
  ])
}

/** A frame that readers of LZ4 and Zstandard skip. */
export const skippable = (content: Uint8Array): Buffer => {
  const header = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
  header.writeUInt32LE(content.length, 4)
  return Buffer.concat([header, content])
}

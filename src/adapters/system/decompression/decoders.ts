import type { Packed } from '../../../domain/formats/compression.ts'
import { bunzip2 } from './bzip2.ts'
import type { Decode } from './decode.ts'
import { gunzip } from './gzip.ts'
import { unlz4 } from './lz4.ts'
import { unxz } from './xz.ts'
import { unzstd } from './zstd.ts'

/** Who decompresses what. docs/adr/0019-compression.md says which are libraries, and why the others are not. */
export const decoders: Readonly<Record<Packed, Decode>> = {
  GZIP: gunzip,
  BZIP2: bunzip2,
  XZ: unxz,
  LZ4: unlz4,
  ZSTD: unzstd,
}

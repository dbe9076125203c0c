import { type Either, left, right } from '../kernel/fp.ts'
import { beginCapture, type Capture } from './capture.ts'
import { compressed, compressionOf } from './compression.ts'
import { type Content, type ContentRefusal, contentRefusal, type Detected } from './content.ts'
import type { FormatInspector } from './inspector.ts'
import { iso } from './iso.ts'
import { qcow2 } from './qcow2.ts'
import { asRaw } from './raw.ts'
import { unsupported } from './unsupported.ts'
import { vdi } from './vdi.ts'
import { vhd } from './vhd.ts'
import { vhdx } from './vhdx.ts'
import { vmdk } from './vmdk.ts'
import { zfs } from './zfs.ts'

export interface InspectionLimits {
  /** The largest disk that a guest may see, in bytes. */
  readonly maxVirtualBytes: bigint
}

export interface Inspection {
  /** Takes the next bytes of the image, in chunks of any size; keeps no reference to them. Never throws. */
  push(chunk: Uint8Array): void
  /**
   * What all the bytes pushed so far are, or why they are refused. Never throws. Where they are compressed, format and
   * virtual size are not those of the image within: see judgeWithin.
   */
  finish(): Either<ContentRefusal, Detected>
}

/** In the order in which an ambiguous image names them. */
export const inspectors: readonly FormatInspector[] = [
  qcow2,
  iso,
  vmdk,
  vhd,
  vhdx,
  vdi,
  zfs,
  ...compressed,
  ...unsupported,
]

/**
 * Looks at an image while its bytes go by, in less than 512 KiB of memory whatever its size, and with the same verdict at
 * every chunking. All inspectors see every stream, and no more than one may know it: a file that two programs read as two
 * formats is how hostile images get past checkers (CVE-2024-40767).
 */
export const beginInspection = (limits: InspectionLimits): Inspection => {
  const capturing = beginCapture((head) => inspectors.flatMap((inspector) => inspector.spans?.(head) ?? []))
  return { push: capturing.push, finish: () => judge(capturing.capture(), limits) }
}

const judge = (capture: Capture, limits: InspectionLimits): Either<ContentRefusal, Detected> => {
  if (capture.sizeBytes === 0n)
    return left(contentRefusal('EMPTY_IMAGE', 'There is not a single byte in the image.'))
  const matches = inspectors.flatMap(({ name, inspect }) => {
    const verdict = inspect(capture)
    return verdict === null ? [] : [{ name, verdict }]
  })
  if (matches.length > 1) return left(ambiguous(matches.map(({ name }) => name)))
  const verdict = matches[0]?.verdict ?? right(asRaw(capture))
  if (verdict._tag === 'Left') return verdict
  const content = verdict.right
  if (content.virtualSizeBytes > limits.maxVirtualBytes) return left(tooLarge(content, limits))
  return right({ ...content, compression: compressionOf(capture.head) })
}

const tooLarge = ({ virtualSizeBytes }: Content, { maxVirtualBytes }: InspectionLimits): ContentRefusal =>
  contentRefusal(
    'VIRTUAL_SIZE_LIMIT',
    `The disk in the image is of ${virtualSizeBytes} bytes: at most ${maxVirtualBytes} are accepted.`,
  )

const ambiguous = (names: readonly string[]): ContentRefusal =>
  contentRefusal(
    'AMBIGUOUS_FORMAT',
    `The image is ${names.join(' and ')} at once: it must be exactly one of them.`,
  )

import { left, right } from '../kernel/fp.ts'
import { type Capture, hasAt } from './capture.ts'
import { invalidImage } from './content.ts'
import type { FormatInspector } from './inspector.ts'

/** Type and length of payload, then the begin record with its name of 256 bytes (struct dmu_replay_record). */
const BEGIN_BYTES = 312

/** DRR_BEGIN is record type 0; its magic 0x2F5bacbac is written in the sender's byte order. */
const MAGIC_OFFSET = 8
const LITTLE_ENDIAN = '\xac\xcb\xba\xf5\x02\0\0\0'
const BIG_ENDIAN = '\0\0\0\x02\xf5\xba\xcb\xac'

/**
 * A stream of `zfs send`. It does not say how large the volume in it is, so that its virtual size is that of the bytes
 * received.
 */
export const zfs: FormatInspector = {
  name: 'ZFS stream',
  inspect: (capture) => {
    if (!isBegin(capture)) return null
    return capture.sizeBytes < BEGIN_BYTES
      ? left(invalidImage('The ZFS stream ends inside of its begin record.'))
      : right({ format: 'ZFS', virtualSizeBytes: capture.sizeBytes })
  },
}

const isBegin = ({ head }: Capture): boolean =>
  hasAt(head, 0, '\0\0\0\0') &&
  (hasAt(head, MAGIC_OFFSET, LITTLE_ENDIAN) || hasAt(head, MAGIC_OFFSET, BIG_ENDIAN))

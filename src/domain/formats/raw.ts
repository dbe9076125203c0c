import type { Capture } from './capture.ts'
import type { Content } from './content.ts'

/**
 * What no inspector knows is a raw disk: any bytes at all are one, with an MBR, a GPT or neither. It is therefore not an
 * inspector among the others, but the answer when none of them matched.
 */
export const asRaw = (capture: Capture): Content => ({ format: 'RAW', virtualSizeBytes: capture.sizeBytes })

import type { ImageFormat } from '../../../src/domain/formats/content.ts'
import { runTool } from '../../support/tools.ts'

/** What QEMU calls a format. To it discs and streams are raw. */
export const qemuFormats: Readonly<Record<ImageFormat, string>> = {
  RAW: 'raw',
  QCOW2: 'qcow2',
  VMDK: 'vmdk',
  VHD: 'vpc',
  VHDX: 'vhdx',
  VDI: 'vdi',
  ISO: 'raw',
  ZFS: 'raw',
}

/** What qemu-img says of an image that it opens as this format; null where it does not. */
export const qemuInfo = (path: string, format: string): Readonly<Record<string, unknown>> | null => {
  try {
    return JSON.parse(runTool('qemu-img', 'info', '--output=json', '-f', format, path))
  } catch {
    return null
  }
}

/** Every file that the answer names but the image itself: backing files, data files, extents. */
export const otherFilesOf = (info: unknown, path: string): readonly string[] => {
  if (typeof info !== 'object' || info === null) return []
  return Object.entries(info).flatMap(([key, value]) => {
    if (typeof value !== 'string') return otherFilesOf(value, path)
    return /filename|data-file$/.test(key) && value !== path ? [value] : []
  })
}

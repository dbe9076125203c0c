import { type ContentRefusal, contentRefusal, invalidImage } from './content.ts'

const parent = contentRefusal(
  'UNSAFE_PARENT',
  'The VMDK image builds on another image: merge the two, for example with qemu-img convert.',
)
const extent = (what: string): ContentRefusal =>
  contentRefusal(
    'UNSAFE_EXTENT',
    `The VMDK image ${what}: convert it to one file, for example with qemu-img convert.`,
  )

/**
 * Why the descriptor within a sparse VMDK is refused; null where it is harmless. `text` is what it says, `rest` what
 * stands behind its end, `capacity` the sectors of the disk.
 *
 * Programs read it in ways of their own: QEMU finds a word wherever it stands, within comments too, others go line by
 * line, in any case, by any line end. So a word that matters may only stand in the one line that is harmless in all of
 * these readings; and a line that is none of those that descriptors have is refused.
 */
export const checkDescriptor = (text: string, rest: string, capacity: bigint): ContentRefusal | null => {
  const whole = text + rest
  const lines = whole.split(/\r\n|\r|\n|\0/)
  return (
    checkParent(whole, lines) ??
    checkFiles(lines) ??
    checkExtents(lines, capacity) ??
    checkCreateType(whole, lines) ??
    checkLines(text)
  )
}

const count = (text: string, word: RegExp): number => [...text.matchAll(word)].length

const NO_PARENT = /^\s*parentCID\s*=\s*"?ffffffff"?\s*$/i
const ZERO_UUID = /^"?[0-]*"?$/

const checkParent = (text: string, lines: readonly string[]): ContentRefusal | null => {
  if (/parentfilenamehint/i.test(text)) return parent
  const harmless = lines.filter((line) => NO_PARENT.test(line)).length
  if (count(text, /parentcid/gi) > harmless) return parent
  const names = entriesOf(lines).some(
    ([key, value]) => key !== 'parentcid' && /parent|hint/.test(key) && !ZERO_UUID.test(value),
  )
  if (names) return parent
  return harmless === 0 ? invalidImage('The VMDK image has no parentCID: it must be ffffffff.') : null
}

/** Keys in lower case, with their values. By no pattern: on a line of blanks it would try them in all ways. */
const entriesOf = (lines: readonly string[]): readonly (readonly [string, string])[] =>
  lines.flatMap((line) => {
    const at = line.indexOf('=')
    return at === -1 ? [] : [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()] as const]
  })

/** Such as changeTrackPath, or the sidecars of I/O filters. */
const checkFiles = (lines: readonly string[]): ContentRefusal | null =>
  entriesOf(lines).some(([key]) => !key.startsWith('#') && /path|file|sidecar/.test(key))
    ? extent('names another file')
    : null

const EXTENT = /^\s*(?:RW|RDONLY|NOACCESS)(?!\w)/i
/** The image itself: a name, and no way to anywhere. */
const OWN_EXTENT = /^(?:RW|RDONLY)[ \t]+(\d{1,19})[ \t]+SPARSE[ \t]+"[^"/\\:]+"[ \t]*$/

const checkExtents = (lines: readonly string[], capacity: bigint): ContentRefusal | null => {
  const [own, ...more] = lines.filter((line) => EXTENT.test(line))
  if (more.length > 0) return extent('consists of several extents')
  if (own === undefined) return null
  const sectors = OWN_EXTENT.exec(own)?.[1]
  if (sectors === undefined) return extent('has an extent that is not the image itself')
  return BigInt(sectors) > capacity
    ? invalidImage(`The VMDK image has an extent of ${sectors} sectors, but its disk is of ${capacity}.`)
    : null
}

const ONE_FILE = /^createType[ \t]*=[ \t]*"(?:monolithicSparse|streamOptimized)"[ \t]*$/

const checkCreateType = (text: string, lines: readonly string[]): ContentRefusal | null => {
  const said = count(text, /createtype/gi)
  if (said > lines.filter((line) => ONE_FILE.test(line)).length)
    return extent('has a createType other than monolithicSparse and streamOptimized')
  if (said !== 1) return invalidImage(`The VMDK image has createType ${said} times: it must be there once.`)
  return lines.some((line) => EXTENT.test(line))
    ? null
    : invalidImage('The VMDK image has no extent: it must have one, the image itself.')
}

const ORDINARY_LINE = /^\s*(?:#.*|[\w.-]+\s*=.*)?$/

const checkLines = (text: string): ContentRefusal | null => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text))
    return invalidImage('The VMDK image has control characters in its descriptor.')
  const odd = text.split(/\r\n|\r|\n/).findIndex((line) => !ORDINARY_LINE.test(line) && !EXTENT.test(line))
  return odd === -1
    ? null
    : invalidImage(
        `The VMDK image has a descriptor whose line ${odd + 1} is neither comment, entry nor extent.`,
      )
}

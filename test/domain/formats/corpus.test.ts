import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Detected } from '../../../src/domain/formats/content.ts'
import { iso, type Qcow2Options, qcow2, rawDisk } from '../../support/images.ts'
import { hasTools, runTool } from '../../support/tools.ts'
import { validImages } from './mutants.ts'
import { otherFilesOf, qemuFormats, qemuInfo } from './qemu.ts'
import { as, everywhere, type Outcome, outcomeOf, outcomes } from './verdicts.ts'

// What the programs of others write and read, where they are installed: the tests beside this one do not depend on it.

const MiB = 1024 * 1024
/** For formats that are small at first; those that write the disk out have less. */
const DISK = 7 * MiB
/** So that geometry and size of a VHD are the same, QEMU rounds both up to whole cylinders. */
const CYLINDERS = 211 * 4 * 17 * 512
const folder = mkdtempSync(join(tmpdir(), 'corpus-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hasQemu = hasTools('qemu-img')

/** The same at every size of chunk; and what is accepted is to QEMU of that size, and needs no other file. */
const expectVerdict = (path: string, expected: Outcome): void => {
  expect(outcomes(readFileSync(path))).toEqual(everywhere(expected))
  if (hasQemu && typeof expected !== 'string') expectQemuToAgree(path, expected)
}

const expectQemuToAgree = (path: string, { format, virtualSizeBytes }: Detected): void => {
  const info = qemuInfo(path, qemuFormats[format])
  // Its raw disks are of whole sectors.
  const isRaw = qemuFormats[format] === 'raw'
  const size = isRaw ? ((virtualSizeBytes + 511n) / 512n) * 512n : virtualSizeBytes
  expect(info?.['virtual-size']).toBe(Number(size))
  expect(otherFilesOf(info, path)).toEqual([])
}

const optionsOf = (text: string): readonly string[] => (text === '' ? [] : ['-o', text])
const fileOf = (...parts: readonly string[]): string =>
  join(folder, parts.join('-').replaceAll(/[^\w.-]/g, '-'))

describe.skipIf(!hasQemu)('What qemu-img creates', () => {
  test.each<[string, string, number, Outcome]>([
    ['qcow2', '', DISK, as('QCOW2', DISK)],
    ['qcow2', '', 0, as('QCOW2', 0)],
    ['qcow2', 'compat=0.10', DISK, as('QCOW2', DISK)],
    ['qcow2', 'extended_l2=on,cluster_size=128k', DISK, as('QCOW2', DISK)],
    ['qcow2', 'compression_type=zstd', DISK, as('QCOW2', DISK)],
    ['qcow2', 'cluster_size=512', DISK, as('QCOW2', DISK)],
    ['qcow2', 'cluster_size=2M', MiB, as('QCOW2', MiB)],
    ['qcow2', 'lazy_refcounts=on,preallocation=metadata', DISK, as('QCOW2', DISK)],
    ['qcow2', `data_file=${join(folder, 'ext.dat')},data_file_raw=on`, DISK, 'UNSAFE_DATA_FILE'],
    ['raw', '', MiB, as('RAW', MiB)],
    ['vmdk', '', DISK, as('VMDK', DISK)],
    ['vmdk', 'subformat=streamOptimized', DISK, as('VMDK', DISK)],
    ['vmdk', 'subformat=monolithicFlat', DISK, 'UNSAFE_EXTENT'],
    ['vmdk', 'subformat=twoGbMaxExtentSparse', DISK, 'UNSAFE_EXTENT'],
    ['vmdk', 'subformat=twoGbMaxExtentFlat', DISK, 'UNSAFE_EXTENT'],
    ['vpc', '', DISK, as('VHD', CYLINDERS)],
    ['vpc', 'force_size=on', DISK, as('VHD', DISK)],
    ['vpc', 'subformat=fixed,force_size=on', MiB, as('VHD', MiB)],
    ['vpc', '', 300 * 1024 * MiB, as('VHD', 300 * 1024 * MiB)],
    ['vhdx', '', DISK, as('VHDX', DISK)],
    ['vhdx', 'block_size=256M', 4 * 1024 * MiB, as('VHDX', 4 * 1024 * MiB)],
    ['vhdx', 'subformat=fixed', MiB, as('VHDX', MiB)],
    ['vdi', '', DISK, as('VDI', DISK)],
    ['vdi', '', 0, as('VDI', 0)],
    ['vdi', 'static=on', MiB, as('VDI', MiB)],
    ['qed', '', DISK, 'UNSUPPORTED_FORMAT'],
    ['qcow', '', DISK, 'UNSUPPORTED_FORMAT'],
    ['parallels', '', DISK, 'UNSUPPORTED_FORMAT'],
  ])('as %s, %s, of %i bytes', (format, options, bytes, outcome) => {
    const path = fileOf(format, options, `${bytes}`)
    runTool('qemu-img', 'create', '-q', '-f', format, ...optionsOf(options), path, `${bytes}`)
    expectVerdict(path, outcome)
  })

  test('as an extent of a VMDK in several files is refused', () => {
    const path = fileOf('split.vmdk')
    runTool('qemu-img', 'create', '-q', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', path, `${DISK}`)
    expectVerdict(fileOf('split-s001.vmdk'), 'INVALID_IMAGE')
  })

  // No whole number of sectors, blocks or cylinders.
  const content = 1_300_000
  const sectors = Math.ceil(content / 512) * 512
  test.each<[string, string, Outcome]>([
    ['qcow2', '', as('QCOW2', sectors)],
    ['vmdk', '', as('VMDK', sectors)],
    ['vmdk', 'subformat=streamOptimized', as('VMDK', sectors)],
    ['vpc', 'force_size=on', as('VHD', sectors)],
    ['vhdx', 'block_size=1M', as('VHDX', sectors)],
    ['vdi', '', as('VDI', sectors)],
  ])('of a raw disk, as %s, %s', (format, options, outcome) => {
    const raw = fileOf('content')
    const path = fileOf('converted', format, options)
    writeFileSync(raw, rawDisk(content, 9))
    runTool('qemu-img', 'convert', '-f', 'raw', '-O', format, ...optionsOf(options), raw, path)
    expectVerdict(path, outcome)
    expect(outcomes(readFileSync(path).subarray(0, 2048))).toEqual(everywhere('INVALID_IMAGE'))
  })

  test('as qcow2 with compressed data and an internal snapshot', () => {
    const raw = fileOf('content')
    const path = fileOf('snapshots')
    writeFileSync(raw, rawDisk(MiB, 9))
    runTool('qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', raw, path)
    runTool('qemu-img', 'snapshot', '-c', 'before', path)
    expectVerdict(path, as('QCOW2', MiB))
  })
})

describe.skipIf(!hasQemu)('What is hostile is refused', () => {
  const backed = join(folder, 'e1.qcow2')
  beforeAll(() => {
    runTool('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', backed, `${DISK}`)
  })

  test('a backing file, whole and cut off at 200 bytes', () => {
    expectVerdict(backed, 'UNSAFE_BACKING_FILE')
    expect(outcomes(readFileSync(backed).subarray(0, 200))).toEqual(everywhere('UNSAFE_BACKING_FILE'))
  })

  test('a backing file that is a qcow2 too, in version 2', () => {
    const path = join(folder, 'e2.qcow2')
    runTool('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'compat=0.10', '-b', backed, '-F', 'qcow2', path)
    expectVerdict(path, 'UNSAFE_BACKING_FILE')
  })

  test('a VMDK with a parent', () => {
    const [parent, path] = [join(folder, 'parent.vmdk'), join(folder, 'child.vmdk')]
    runTool('qemu-img', 'create', '-q', '-f', 'vmdk', parent, `${DISK}`)
    runTool('qemu-img', 'create', '-q', '-f', 'vmdk', '-b', parent, '-F', 'vmdk', path)
    expectVerdict(path, 'UNSAFE_PARENT')
  })

  test.skipIf(!hasTools('mkisofs'))('a disc that begins as a qcow2', () => {
    const path = join(folder, 'p.iso')
    const disc = readFileSync(disc9660('for-p', []))
    writeFileSync(path, Buffer.concat([readFileSync(backed).subarray(0, 32_768), disc.subarray(32_768)]))
    expectVerdict(path, 'AMBIGUOUS_FORMAT')
  })
})

test('A descriptor of a VMDK that names a file of the host is refused', () => {
  const lines = ['# Disk DescriptorFile', 'version=1', 'CID=12345678', 'parentCID=ffffffff']
  const text = [...lines, 'createType="monolithicFlat"', 'RW 8 FLAT "/etc/passwd" 0', ''].join('\n')
  expect(outcomes(Buffer.from(text))).toEqual(everywhere('UNSAFE_EXTENT'))
})

/** The path of a new disc with one file. */
const disc9660 = (name: string, options: readonly string[]): string => {
  const files = join(folder, 'files')
  mkdirSync(files, { recursive: true })
  writeFileSync(join(files, 'data'), rawDisk(100_000, 10))
  const path = join(folder, `${name}.iso`)
  runTool('mkisofs', '-quiet', '-V', 'T', ...options, '-o', path, files)
  return path
}

describe.skipIf(!hasTools('mkisofs'))('Discs of mkisofs are accepted', () => {
  test.each<[string, readonly string[]]>([
    ['plain', []],
    ['joliet', ['-J', '-r']],
    ['udf', ['-udf']],
  ])('%s', (name, options) => {
    const path = disc9660(name, options)
    expectVerdict(path, as('ISO', readFileSync(path).length))
  })
})

describe('Partitioned disks are raw', () => {
  const disk = (name: string): string => {
    const path = join(folder, name)
    writeFileSync(path, Buffer.alloc(2 * MiB))
    return path
  }

  test.skipIf(!hasTools('sgdisk'))('with the GPT of sgdisk', () => {
    const path = disk('gpt.raw')
    runTool('sgdisk', '-n', '1:2048:0', path)
    expectVerdict(path, as('RAW', 2 * MiB))
  })

  test.skipIf(!hasTools('sfdisk'))('with the MBR of sfdisk', () => {
    const path = disk('mbr.raw')
    runTool('sh', '-c', `printf 'label: dos\\n2048,1024,83\\n' | sfdisk -q "$0"`, path)
    expectVerdict(path, as('RAW', 2 * MiB))
  })
})

const bootable = ['/usr/lib/ipxe', '/usr/lib/grub-rescue']
  .filter((place) => existsSync(place))
  .flatMap((place) => readdirSync(place).map((name) => join(place, name)))
  .filter((path) => /\.(?:iso|img|dsk|hd|usb|lkrn)$/.test(path))

describe.skipIf(bootable.length === 0)('Images of Debian that boot are what they are', () => {
  // The rescue floppy and stick of GRUB are discs too.
  test.each(bootable)('%s', (path) => {
    const format = /\.iso$|grub-rescue.*\.img$/.test(path) ? 'ISO' : 'RAW'
    expectVerdict(path, as(format, readFileSync(path).length))
  })
})

describe.skipIf(!hasQemu)('QEMU takes the images of the tests for what they are', () => {
  const images = Object.values(validImages)
    .flat()
    .map((image, n) => [`${n}: ${(outcomeOf([image]) as Detected).format}`, image] as const)

  test.each(images)('%s', (name, image) => {
    const path = fileOf('built', name)
    writeFileSync(path, image)
    expectQemuToAgree(path, outcomeOf([image]) as Detected)
  })

  test.each<[string, Omit<Qcow2Options, 'virtualSize'>]>([
    ['of version 3', {}],
    ['of version 2', { version: 2 }],
    ['with the smallest clusters', { clusterBits: 9 }],
    ['with the largest clusters', { clusterBits: 21 }],
    ['with extended L2 entries', { incompatible: 1n << 4n }],
    ['compressed with zstd', { incompatible: 1n << 3n, compressionType: 1 }],
    ['not closed cleanly', { incompatible: 1n }],
    ['with an extension that nobody knows', { extensions: [{ type: 1, data: Buffer.from('unknown') }] }],
  ])('and finds no fault with a qcow2 %s', (_, options) => {
    const path = fileOf('built.qcow2')
    const image = qcow2({ virtualSize: MiB, ...options })
    writeFileSync(path, image)
    expect(runTool('qemu-img', 'check', '-f', 'qcow2', path)).toContain('No errors were found')
    expect(outcomeOf([image])).toEqual(as('QCOW2', MiB))
    expectQemuToAgree(path, as('QCOW2', MiB))
  })

  test('with a backing file that is to be feared', () => {
    const path = fileOf('built-backed.qcow2')
    writeFileSync(path, qcow2({ virtualSize: MiB, backingFile: '/etc/passwd', backingFormat: 'raw' }))
    expect(otherFilesOf(qemuInfo(path, 'qcow2'), path)).toContain('/etc/passwd')
  })
})

test.skipIf(!hasTools('isoinfo'))('isoinfo reads the discs of the tests', () => {
  const path = fileOf('built.iso')
  writeFileSync(path, iso({ volumeId: 'LEDGER', data: rawDisk(5000, 11) }))
  const info = runTool('isoinfo', '-d', '-i', path)
  expect(info).toContain('Volume id: LEDGER')
  expect(info).toContain('Volume size is: 24')
  expect(runTool('isoinfo', '-f', '-i', path)).toBe('/DATA.;1\n')
})

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { iso, type Qcow2Options, qcow2, rawDisk } from '../../support/images.ts'
import { hasTools, runTool } from '../../support/tools.ts'
import { as, chunksOf, type Outcome, outcomeOf } from './verdicts.ts'

// What the programs of others write and read, where they are installed: the tests beside this one do not depend on it.

const MiB = 1024 * 1024
const DISK = 7 * MiB
const folder = mkdtempSync(join(tmpdir(), 'formats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const outcomeOfFile = (path: string): Outcome => outcomeOf(chunksOf(readFileSync(path), 65_536))

describe.skipIf(!hasTools('qemu-img'))('What qemu-img creates', () => {
  const options = (text: string): readonly string[] => (text === '' ? [] : ['-o', text])

  test.each<[string, string, Outcome]>([
    ['qcow2', '', as('QCOW2', DISK)],
    ['qcow2', 'compat=0.10', as('QCOW2', DISK)],
    ['qcow2', 'extended_l2=on,cluster_size=128k', as('QCOW2', DISK)],
    ['qcow2', 'compression_type=zstd', as('QCOW2', DISK)],
    ['qcow2', 'cluster_size=512', as('QCOW2', DISK)],
    ['qcow2', 'cluster_size=2M', as('QCOW2', DISK)],
    ['qcow2', 'lazy_refcounts=on,preallocation=metadata', as('QCOW2', DISK)],
    ['qcow2', `data_file=${join(folder, 'ext.dat')},data_file_raw=on`, 'UNSAFE_DATA_FILE'],
    ['raw', '', as('RAW', DISK)],
    ['vmdk', 'subformat=monolithicSparse', 'UNSUPPORTED_FORMAT'],
    ['vmdk', 'subformat=streamOptimized', 'UNSUPPORTED_FORMAT'],
    ['vmdk', 'subformat=monolithicFlat', 'UNSUPPORTED_FORMAT'],
    ['vmdk', 'subformat=twoGbMaxExtentSparse', 'UNSUPPORTED_FORMAT'],
    ['vpc', '', 'UNSUPPORTED_FORMAT'],
    ['vpc', 'subformat=fixed', 'UNSUPPORTED_FORMAT'],
    ['vhdx', '', 'UNSUPPORTED_FORMAT'],
    ['vdi', '', 'UNSUPPORTED_FORMAT'],
    ['vdi', 'static=on', 'UNSUPPORTED_FORMAT'],
    ['qed', '', 'UNSUPPORTED_FORMAT'],
    ['qcow', '', 'UNSUPPORTED_FORMAT'],
    ['parallels', '', 'UNSUPPORTED_FORMAT'],
  ])('as %s, %s', (format, text, outcome) => {
    const path = join(folder, `${format}-${text.replaceAll(/\W/g, '-')}`)
    runTool('qemu-img', 'create', '-q', '-f', format, ...options(text), path, `${DISK}`)
    expect(outcomeOfFile(path)).toEqual(outcome)
  })

  test('with a backing file is refused, whole and cut off at 200 bytes', () => {
    const path = join(folder, 'backed')
    runTool('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', path, `${DISK}`)
    expect(outcomeOfFile(path)).toBe('UNSAFE_BACKING_FILE')
    expect(outcomeOf([readFileSync(path).subarray(0, 200)])).toBe('UNSAFE_BACKING_FILE')
  })

  test('with internal snapshots and data is accepted', () => {
    const raw = join(folder, 'content')
    const path = join(folder, 'snapshots')
    writeFileSync(raw, rawDisk(MiB, 9))
    runTool('qemu-img', 'convert', '-c', '-O', 'qcow2', raw, path)
    runTool('qemu-img', 'snapshot', '-c', 'before', path)
    expect(outcomeOfFile(path)).toEqual(as('QCOW2', MiB))
  })
})

describe.skipIf(!hasTools('qemu-img'))('qemu-img finds no fault with the qcow2 images of the tests', () => {
  test.each<[string, Omit<Qcow2Options, 'virtualSize'>]>([
    ['of version 3', {}],
    ['of version 2', { version: 2 }],
    ['with the smallest clusters', { clusterBits: 9 }],
    ['with the largest clusters', { clusterBits: 21 }],
    ['with extended L2 entries', { incompatible: 1n << 4n }],
    ['compressed with zstd', { incompatible: 1n << 3n, compressionType: 1 }],
    ['not closed cleanly', { incompatible: 1n }],
    ['with an extension that nobody knows', { extensions: [{ type: 1, data: Buffer.from('unknown') }] }],
  ])('%s', (_, options) => {
    const path = join(folder, 'built.qcow2')
    const image = qcow2({ virtualSize: MiB, ...options })
    writeFileSync(path, image)
    expect(runTool('qemu-img', 'check', '-f', 'qcow2', path)).toContain('No errors were found')
    const info = JSON.parse(runTool('qemu-img', 'info', '--output=json', path))
    expect({ format: info.format, virtualSize: info['virtual-size'] }).toEqual({
      format: 'qcow2',
      virtualSize: MiB,
    })
    expect(outcomeOf([image])).toEqual(as('QCOW2', MiB))
  })

  test('with a backing file that is to be feared', () => {
    const path = join(folder, 'built-backed.qcow2')
    writeFileSync(path, qcow2({ virtualSize: MiB, backingFile: '/etc/passwd', backingFormat: 'raw' }))
    const info = JSON.parse(runTool('qemu-img', 'info', '--output=json', path))
    expect([info['full-backing-filename'], info['backing-filename-format']]).toEqual(['/etc/passwd', 'raw'])
  })
})

describe.skipIf(!hasTools('genisoimage', 'isoinfo'))('Discs', () => {
  test.each<[string, readonly string[]]>([
    ['plain', []],
    ['with Joliet and Rock Ridge', ['-J', '-r']],
    ['with UDF', ['-udf']],
  ])('of genisoimage are accepted, %s', (name, options) => {
    const files = join(folder, 'files')
    mkdirSync(files, { recursive: true })
    writeFileSync(join(files, 'data'), rawDisk(100_000, 10))
    const path = join(folder, `${name}.iso`)
    runTool('genisoimage', '-quiet', '-V', 'T', ...options, '-o', path, files)
    const image = readFileSync(path)
    expect(outcomeOf([image])).toEqual(as('ISO', image.length))
  })

  test('of the tests are read by isoinfo', () => {
    const path = join(folder, 'built.iso')
    const data = rawDisk(5000, 11)
    writeFileSync(path, iso({ volumeId: 'LEDGER', data }))
    const info = runTool('isoinfo', '-d', '-i', path)
    expect(info).toContain('Volume id: LEDGER')
    expect(info).toContain('Volume size is: 24')
    expect(runTool('isoinfo', '-f', '-i', path)).toBe('/DATA.;1\n')
  })
})

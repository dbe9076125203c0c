import { execFileSync } from 'node:child_process'

// A disk of their own for tests, in mounts of their own, so that nothing is left of them whatever happens: needs root or user
// namespaces, and Linux.

const unshare = ['--map-root-user', '--mount', 'sh', '-c'] as const

/** A command, in words, that runs another one in mounts of its own after a script; the script's $1 is `directory`. */
export const inOwnMounts = (
  script: string,
  directory: string,
  command: readonly string[],
): readonly [string, ...string[]] => [
  'unshare',
  ...unshare,
  `${script} && shift && exec "$@"`,
  'sh',
  directory,
  ...command,
]

/** A disk of so many MiB, in memory, at $1. */
export const smallDisk = (mebibytes: number): string =>
  `mkdir -p "$1" && mount -t tmpfs -o size=${mebibytes}m none "$1"`

export const mayMount = ((): boolean => {
  try {
    const [program, ...args] = inOwnMounts('mount -t tmpfs none "$1"', '/mnt', ['true'])
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

import { execFileSync } from 'node:child_process'

/** Whether all of these programs are installed here: what needs them is skipped elsewhere. */
export const hasTools = (...names: readonly string[]): boolean =>
  names.every((name) => {
    try {
      execFileSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })

/** What the program prints. Throws with what it complained of where it fails. */
export const runTool = (name: string, ...args: readonly string[]): string =>
  execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

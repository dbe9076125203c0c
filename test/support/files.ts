import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** All files below a directory, by their paths; none where there is no such directory. */
export const filesIn = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

import { afterAll } from 'vitest'
import { stopStores } from './stores-of-nodes.ts'

// Run by vitest.config.ts before each file, so that this comes after the file's own hooks.
afterAll(stopStores)

import { writeFileSync } from 'node:fs'
import { printedSchema } from './schema.ts'

// npm run schema: writes what the code serves, for review and for clients.
writeFileSync('schema.graphql', printedSchema())

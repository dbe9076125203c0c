import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { printedSchema } from '../../src/graphql/schema.ts'

test('schema.graphql is what the code serves: `npm run schema` writes it', () => {
  expect(readFileSync('schema.graphql', 'utf8')).toBe(printedSchema())
})

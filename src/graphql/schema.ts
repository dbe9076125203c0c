import { lexicographicSortSchema, printSchema } from 'graphql'
import { builder } from './builder.ts'
// Each noun adds its types, queries and mutations to the builder.
import './scalars.ts'
import './account.ts'
import './project.ts'
import './location.ts'
import './viewer.ts'
import './image-queries.ts'
import './image-mutations.ts'
import './deprecation.ts'
import './share.ts'
import './access.ts'
import './content-url.ts'
import './image-changed.ts'
import './impact.ts'
import './price.ts'
import './usage.ts'
import './explanation.ts'
import './forecast.ts'
import './billing-period.ts'
import './budget.ts'
import './reconciliation.ts'
import './blob-verify.ts'

/** The schema that the service serves. */
export const schema = builder.toSchema()

/** The schema as schema.graphql at the root has it. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`

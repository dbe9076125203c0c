import { Kind, type ValueNode } from 'graphql'
import { MAX_BYTES } from '../domain/kernel/bytes.ts'
import { parseInstant } from '../domain/kernel/instant.ts'
import { builder } from './builder.ts'
import { badUserInput } from './errors.ts'

const textOf = (node: ValueNode): unknown => (node.kind === Kind.STRING ? node.value : null)

const readInstant = (value: unknown) => {
  const instant = typeof value === 'string' ? parseInstant(value) : null
  if (instant === null)
    throw badUserInput(
      'DateTime must be an ISO 8601 instant with its zone, such as "2026-03-01T00:00:00.000Z".',
    )
  return instant
}

const readWhole = (name: string) => (value: unknown) => {
  if (typeof value !== 'string' || !/^(0|[1-9]\d{0,18})$/.test(value) || BigInt(value) > MAX_BYTES)
    throw badUserInput(
      `${name} must be a whole number from 0 to ${MAX_BYTES}, as a decimal string, such as "1073741824".`,
    )
  return BigInt(value)
}

builder.scalarType('DateTime', {
  description:
    'An ISO 8601 instant in UTC. Answers have exactly three fractional digits, 2026-03-01T00:00:00.000Z; input may have fewer.',
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(textOf(node)),
  serialize: (value) => value,
})

builder.scalarType('Bytes', {
  description: 'A whole number of bytes, as a decimal string: it may exceed 2^53.',
  parseValue: readWhole('Bytes'),
  parseLiteral: (node) => readWhole('Bytes')(textOf(node)),
  serialize: (value) => (typeof value === 'string' ? value : String(value)),
})

const readDecimal = (value: unknown) => {
  if (typeof value !== 'string' || !/^-?\d{1,30}(\.\d{1,30})?$/.test(value))
    throw badUserInput('Decimal must be an exact decimal number as a string, such as "0.05".')
  return value
}

builder.scalarType('Decimal', {
  description: 'An exact decimal number, as a string. Never a float.',
  parseValue: readDecimal,
  parseLiteral: (node) => readDecimal(textOf(node)),
  serialize: (value) => value,
})

builder.scalarType('Position', {
  description: 'A position in the event log, opaque and ordered, as a string.',
  parseValue: readWhole('Position'),
  parseLiteral: (node) => readWhole('Position')(textOf(node)),
  serialize: String,
})

builder.scalarType('JSON', {
  serialize: (value) => value,
  parseValue: () => {
    throw badUserInput('JSON is for answers only.')
  },
})

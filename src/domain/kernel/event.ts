import { z } from 'zod'
import { type Either, left, right } from './fp.ts'

/** What happened, as deciders give it and evolve takes it. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type
  readonly data: Data
}

/** JSON as the log stores it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** Turns stored data of one version into that of the next. Pure; never edited once released. */
export type Upcast = (data: JsonObject) => JsonObject

/**
 * An event type: how its data is stored and read back. Events are stored for good, so a schema changes only by a new
 * version: the newest schema here, and an upcast from each version before it (docs/adr/0004-event-versions.md).
 */
export interface EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly type: Type
  /** The version written today: one more than there are upcasts. */
  readonly version: number
  /** A codec: decodes stored JSON of the current version to the program's values, and encodes back. */
  readonly schema: Schema
  /** upcasts[i] leads from version i + 1 to version i + 2. */
  readonly upcasts: readonly Upcast[]
  /** The event in a sentence for a person. */
  readonly summary: (data: z.output<Schema>) => string
}

export type EventDefinitions = Readonly<Record<string, EventDefinition>>

/** The union of the events that a set of definitions describes. */
export type EventOf<Definitions extends EventDefinitions> = {
  [Type in keyof Definitions & string]: DomainEvent<Type, z.output<Definitions[Type]['schema']>>
}[keyof Definitions & string]

/** Defines an event type. `upcasts` has one entry for each version that came before. */
export const defineEvent = <Type extends string, Schema extends z.ZodType>(
  type: Type,
  schema: Schema,
  summary: (data: z.output<Schema>) => string,
  upcasts: readonly Upcast[] = [],
  // The summary is only ever called with data of its own schema, which the union of definitions cannot say.
): EventDefinition<Type, Schema> => ({ type, version: upcasts.length + 1, schema, upcasts, summary })

/** Stored data of any version, brought to the current one. Left: why it cannot be. */
export const upcast = (
  definition: EventDefinition,
  data: JsonObject,
  version: number,
): Either<string, JsonObject> => {
  if (!Number.isInteger(version) || version < 1 || version > definition.version)
    return left(
      `${definition.type} has versions 1 to ${definition.version}, not ${version}: written by a later program?`,
    )
  return right(definition.upcasts.slice(version - 1).reduce((current, step) => step(current), data))
}

/** Stored data to the event as the program knows it. Left: why this program cannot read it. */
export const decodeEvent = (
  definitions: EventDefinitions,
  type: string,
  data: JsonObject,
  version: number,
): Either<string, DomainEvent> => {
  const definition = Object.hasOwn(definitions, type) ? definitions[type] : undefined
  if (definition === undefined) return left(`There is no event type ${type} in this program.`)
  const current = version === definition.version ? right(data) : upcast(definition, data, version)
  if (current._tag === 'Left') return current
  const parsed = definition.schema.safeParse(current.right)
  return parsed.success
    ? right({ type, data: parsed.data })
    : left(`${type} does not fit its schema: ${z.prettifyError(parsed.error)}`)
}

/** An event to what the log stores. Throws where the event does not fit its own schema: that is a bug. */
export const encodeEvent = (definitions: EventDefinitions, event: DomainEvent): JsonObject => {
  const definition = Object.hasOwn(definitions, event.type) ? definitions[event.type] : undefined
  if (definition === undefined) throw new Error(`${event.type} is not defined`)
  return z.encode(definition.schema, event.data) as JsonObject
}

import type { ExpectedRevision, NewEvent } from '../application/ports/event-log.ts'
import type { Json } from '../domain/kernel/event.ts'
import { isUuid } from '../domain/kernel/ids.ts'
import type { StreamName } from '../domain/kernel/recorded.ts'

// What every store can take: printable ASCII without spaces, and nothing that EventStoreDB keeps for itself ($).
const streamName = /^[A-Za-z][A-Za-z0-9_]{0,63}-[\x21-\x7e]{1,200}$/

/**
 * Refuses what no store can hold, or would hold as something else. Every adapter of the EventLog port calls it before it
 * writes. Throws TypeError: whoever comes here with such input has a bug.
 */
export const checkAppend = (
  stream: StreamName,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): void => {
  if (typeof stream !== 'string' || !streamName.test(stream))
    throw new TypeError(`${JSON.stringify(stream)} is no stream name: it takes <category>-<id>`)
  if (expected !== 'NO_STREAM' && !(Number.isSafeInteger(expected) && expected >= 0))
    throw new TypeError(`${String(expected)} is no revision: it takes 0, 1, 2, … or NO_STREAM`)
  if (events.length === 0) throw new TypeError(`An append to ${stream} takes at least one event`)
  for (const event of events) {
    if (!isUuid(event.id)) throw new TypeError(`${JSON.stringify(event.id)} is no event id: it takes a UUID`)
    if (typeof event.type !== 'string' || event.type === '') throw new TypeError('An event takes a type')
    checkObject(event.data, `${event.type}.data`)
    checkObject(event.metadata, `${event.type}.metadata`)
    if (Object.hasOwn(event.metadata, 'recordedAt'))
      throw new TypeError(`${event.type}.metadata.recordedAt is for the log to say`)
  }
}

const checkObject = (value: unknown, path: string): void => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${path} must be a JSON object`)
  checkJson(value, path)
}

/**
 * JSON.stringify drops undefined and functions, writes null for NaN, and asks toJSON: what would be read back is not what
 * was appended. The path is only put together on the way to an error, for this runs for every value of every event.
 */
const checkJson = (value: unknown, path: string): void => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value)) return
      throw new TypeError(`${path} is ${value}, which JSON does not have`)
    case 'object': {
      if (value === null) return
      if (Array.isArray(value)) {
        for (const [index, item] of value.entries()) if (!isScalar(item)) checkJson(item, `${path}[${index}]`)
        return
      }
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null)
        throw new TypeError(`${path} is not a plain object: encode it first`)
      const object = value as Record<string, unknown>
      for (const key of Object.keys(object))
        if (!isScalar(object[key])) checkJson(object[key], `${path}.${key}`)
      return
    }
    default:
      throw new TypeError(
        `${path} is ${value === undefined ? 'undefined' : `a ${typeof value}`}: JSON has no such`,
      )
  }
}

const isScalar = (value: unknown): value is Json =>
  typeof value === 'string' || typeof value === 'boolean' || value === null

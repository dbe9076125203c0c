/**
 * The bits of fp-ts that this code uses, by the names it uses. Either for what may be refused, TaskEither for what
 * may be refused later; everything else is plain TypeScript (docs/adr/0001-fp-ts-and-where-it-ends.md).
 */
export { type Either, left, right } from 'fp-ts/lib/Either.js'
export type { TaskEither } from 'fp-ts/lib/TaskEither.js'

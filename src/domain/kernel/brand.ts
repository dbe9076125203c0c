declare const brand: unique symbol

/** A T that went through the parser of Name; plain Ts are not accepted in its place. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** The default of an exhaustive switch: unreachable as long as the types hold. */
export const unreachable = (value: never): never => {
  throw new Error(`Unexpected case: ${JSON.stringify(value)}`)
}

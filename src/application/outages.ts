/** Contention that did not end within the bounded number of attempts. Nothing was changed; retry later. */
export class Busy extends Error {
  override readonly name = 'Busy'
}

/** The answer could not be given as fresh as it must be. What was asked for is recorded; read again later. */
export class StaleRead extends Error {
  override readonly name = 'StaleRead'
}

/** Contention that did not end within the bounded number of attempts. Nothing was changed; retry later. */
export class Busy extends Error {
  override readonly name = 'Busy'
}

/** The answer could not be given as fresh as it must be. What was asked for is recorded; read again later. */
export class StaleRead extends Error {
  override readonly name = 'StaleRead'
}

/** Nobody can be told who asks, for the keys that tokens are verified with cannot be had right now. Retry later. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

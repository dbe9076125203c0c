/** Hears of what the adapter does to go on through outages, which its callers see nothing of. */
export interface StoreObserver {
  /** A call had no answer and is made again. */
  retried(operation: 'append' | 'read'): void
  /** The client was replaced by another, or the live subscription was begun again. */
  reconnected(what: 'client' | 'subscription'): void
}

export const nobody: StoreObserver = { retried: () => undefined, reconnected: () => undefined }

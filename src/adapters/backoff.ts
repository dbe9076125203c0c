const FIRST_MS = 50
/** Short enough that a store that is back after a long time is found within seconds. */
const LAST_MS = 3_000

/** How long to wait after so many failures in a row: doubled each time up to a cap, and between half and all of it. */
export const backoff = (failures: number): number => {
  const full = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20))
  return Math.ceil(full * (0.5 + Math.random() / 2))
}

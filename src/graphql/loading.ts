/** What a DataLoader wants: a row or an Error for each key. A row that is missing here is a broken reference: a bug. */
export const rowsOrErrors = <Row extends object>(
  kind: string,
  ids: readonly string[],
  rows: readonly (Row | null)[],
): readonly (Row | Error)[] =>
  rows.map(
    (row, index) =>
      row ?? new Error(`The catalog holds no ${kind} ${ids[index]}, though something refers to it`),
  )

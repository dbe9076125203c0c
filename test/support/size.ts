/** How many rounds, rows or bytes a test takes: `modest` for every run, `deep` where TEST_SIZE=deep. */
export const testSize = (modest: number, deep: number): number =>
  process.env['TEST_SIZE'] === 'deep' ? deep : modest

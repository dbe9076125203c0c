/** What customers do follows from it; FAULTS_SEED chooses it. When a command meets its fault is still up to the machine. */
export const chosenSeed = (): number => {
  const chosen = Number(process.env['FAULTS_SEED'] ?? Date.now() % 2 ** 31)
  process.stdout.write(`FAULTS_SEED=${chosen}\n`)
  return chosen
}

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteEventLog } from '../../src/adapters/sqlite/event-log.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { accountAggregate } from '../../src/domain/account/state.ts'
import { eventually } from '../support/eventually.ts'
import { killStarting, startProcess } from '../support/process.ts'
import { seeded } from '../support/random.ts'
import { catchUp, rowsIn } from '../support/read-models.ts'
import { seed, startOn, type TestService } from '../support/service.ts'
import { testSize } from '../support/size.ts'
import { eventsStoredIn } from '../support/stored.ts'
import { tempDirectory } from '../support/temp.ts'
import { ACCOUNT } from '../support/tokens.ts'
import { allImages, expectAcknowledged, expectBytes, expectContiguous, expectUniqueNames } from './verify.ts'
import { Worker } from './worker.ts'

// The kills, and what the workers do, follow from the seed that is printed; CRASH_SEED chooses it. When a change meets its kill
// is still up to the machine.
const KILLS = testSize(30, 200)
const WORKERS = 6
/** A service under load dies after so many milliseconds at most; one that is starting up, after these. */
const LONGEST_LOAD = 1_200
const LONGEST_START = 800

test(`killed ${KILLS} times under load, the service has all that it acknowledged`, {
  timeout: 3_600_000,
}, async () => {
  const chosen = Number(process.env['CRASH_SEED'] ?? Date.now() % 2 ** 31)
  process.stdout.write(`CRASH_SEED=${chosen}\n`)
  const random = seeded(chosen)
  const directory = await tempDirectory()
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, (_, n) => Worker.begin(`worker-${n}`, seeded(random(2 ** 31)))),
  )

  for (let kills = 0; kills < KILLS; kills += 1) {
    const service = await startProcess(directory, { LOG_LEVEL: 'info' })
    onTestFinished(async () => void (await service.end('SIGKILL')))
    if (kills === 0) await seed(service)
    const shown = await allImages(service)
    expectAcknowledged(workers, shown)
    expectUniqueNames(shown)
    await expectBytes(service, directory, shown)
    for (const worker of workers) await worker.settleDoubt(service)

    let killed = false
    const load = workers.map(async (worker) => {
      try {
        for (;;) await worker.change(service)
      } catch (error) {
        // From here on no answer comes.
        if (!killed) throw error
      }
    })
    await Promise.race([sleep(random(LONGEST_LOAD)), ...load])
    killed = true
    await service.end('SIGKILL')
    await Promise.all(load)
    expectContiguous(await eventsStoredIn(directory))
    // Mending what another one left is no safer a moment to die.
    if (random(4) === 0) await killStarting(directory, random(LONGEST_START))
  }

  // An hour later, so that nothing that was left behind is too young to be repaired.
  const service = await startOn(directory, { CLOCK_START: new Date(Date.now() + 3_600_000).toISOString() })
  let running = true
  onTestFinished(() => (running ? service.stop() : undefined))
  await eventually(
    'it has read what was left to read',
    async () => (await service.http({ path: '/readyz' })).status === 200,
  )
  const shown = await allImages(service)
  expectAcknowledged(workers, shown)
  expectUniqueNames(shown)
  await expectBytes(service, directory, shown)
  for (const worker of workers) await worker.settleDoubt(service)
  await expectRepairedClaims(service)
  const final = await allImages(service)
  expectUniqueNames(final)
  const statuses = [...final.values()].map(({ status }) => status)
  const count = (wanted: string) => statuses.filter((status) => status === wanted).length
  process.stdout.write(
    `${statuses.length} images: ${count('AVAILABLE')} available, ${count('CREATING')} creating, ${count('DELETED')} deleted\n`,
  )
  expect(Math.min(count('AVAILABLE'), count('CREATING'), count('DELETED'))).toBeGreaterThan(0)
  running = false
  await service.stop()
  const [live, rebuilt] = [join(directory, 'read-models'), await tempDirectory()]
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: systemClock() })
  expect(await catchUp(log, live)).toStrictEqual([])
  await catchUp(log, rebuilt)
  await log.close()
  expect(rowsIn(live)).toStrictEqual(rowsIn(rebuilt))
})

/** Every name in the account is that of an image that is there, and each of these has exactly its one. */
const expectRepairedClaims = async (service: TestService): Promise<void> => {
  const { ledger } = service.service.services
  let claimed: readonly string[] = []
  let living: readonly string[] = []
  await eventually('every claim left behind is settled', async () => {
    const { state } = await ledger.load(accountAggregate, ACCOUNT)
    claimed = [...state.claims.values()].map(({ imageId, name }) => `${imageId} ${name}`).sort()
    living = [...(await allImages(service)).values()]
      .filter(({ status }) => status !== 'DELETED')
      .map(({ id, name }) => `${id} ${name}`)
      .sort()
    return claimed.length === living.length
  })
  expect(claimed).toStrictEqual(living)
}

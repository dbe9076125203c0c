import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import type { StreamName } from '../../src/domain/kernel/recorded.ts'
import { seed, seededService, startOn, type TestService } from '../support/service.ts'
import { stores } from '../support/stores.ts'
import { tempDirectory } from '../support/temp.ts'
import { ACCOUNT, tokens } from '../support/tokens.ts'

// Read models are disposable: what happens when they are gone, and when they cannot be made.

const accountName = (service: TestService) =>
  service.answer(tokens.operator, 'query ($id: ID!) { account(id: $id) { name } }', { id: ACCOUNT })

/** What only a later program could have written. */
const appendFromTheFuture = async (log: EventLog): Promise<void> => {
  const metadata = {
    actor: { id: 'somebody', kind: 'USER' },
    correlationId: 'a',
    requestId: 'a',
    commandId: 'a',
    occurredAt: '2026-01-01T00:00:00.000Z',
    schemaVersion: 1,
  }
  const event = { id: crypto.randomUUID(), type: 'ImageTeleported', data: {}, metadata }
  const appended = await log.append('image-of-the-future' as StreamName, 'NO_STREAM', [event])()
  expect(appended._tag).toBe('Right')
}

test('read models that are deleted are read off the ledger again', async () => {
  const directory = await tempDirectory()
  const before = await startOn(directory)
  await seed(before)
  await before.stop()
  await rm(join(directory, 'read-models'), { recursive: true })
  const after = await startOn(directory)
  onTestFinished(() => after.stop())
  await after.service.projections.waitFor('catalog', await after.service.log.head(), 30_000)
  expect((await accountName(after)).data).toEqual({ account: { name: 'Acme' } })
})

test('a catalog that cannot be built gives no half of the truth: queries answer STALE_READ, and /readyz says why', async () => {
  const directory = await tempDirectory()
  const before = await startOn(directory)
  await seed(before)
  await before.stop()
  await rm(join(directory, 'read-models'), { recursive: true })
  const log = await stores.openLog(directory, systemClock())
  await appendFromTheFuture(log)
  await log.close()
  const after = await startOn(directory)
  onTestFinished(() => after.stop())
  await expect(
    after.service.projections.waitFor('catalog', await after.service.log.head(), 30_000),
  ).rejects.toThrow('ImageTeleported')

  const answer = await accountName(after)
  expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['STALE_READ'])
  const ready = await fetch(`${after.url}/readyz`)
  expect(ready.status).toBe(503)
  const { projections } = (await ready.json()) as {
    projections: { name: string; state: string; reason: string }[]
  }
  expect(projections.map(({ name, state }) => [name, state])).toEqual([
    ['catalog', 'STOPPED'],
    ['billing', 'STOPPED'],
    ['to-do', 'STOPPED'],
  ])
  expect(projections[0]?.reason).toContain('There is no event type ImageTeleported in this program')
  expect((await fetch(`${after.url}/healthz`)).status).toBe(200)
})

test('a catalog that was built goes on answering when an event stops it, and changes say that they are recorded', async () => {
  const service = await seededService()
  await appendFromTheFuture(service.service.log)
  const changed = await service.answer(
    tokens.operator,
    'mutation ($id: ID!) { accountSetImageLimit(input: { account: $id, limit: 7 }) { __typename } }',
    { id: ACCOUNT },
  )
  expect(changed.errors.map(({ extensions }) => extensions.code)).toEqual(['STALE_READ'])
  expect(changed.errors[0]?.message).toContain('This is recorded, but cannot be shown yet')
  expect((await accountName(service)).data).toEqual({ account: { name: 'Acme' } })
})

import { expect, test } from 'vitest'
import { Busy } from '../../src/application/outages.ts'
import { anyoneOf } from '../../src/domain/access/image-access.ts'
import type { ProjectId } from '../../src/domain/kernel/ids.ts'
import { Listeners } from '../../src/graphql/listeners.ts'

const called = (subject: string, issuer = '') => ({ ...anyoneOf('web' as ProjectId), subject, issuer })

test('a subject holds 50 subscriptions at a time, and one of the same name elsewhere its own', () => {
  const listeners = new Listeners()
  const leave = Array.from({ length: 50 }, () => listeners.join(called('ann')))
  expect(() => listeners.join(called('ann'))).toThrow(Busy)
  listeners.join(called('ann', 'another issuer'))
  leave[0]?.()
  listeners.join(called('ann'))
  expect(() => listeners.join(called('ann'))).toThrow(Busy)
  expect(listeners.count).toBe(51)
})

test('a node holds 1,000 subscriptions of all together, and forgets those that are over', () => {
  const listeners = new Listeners()
  const leave = Array.from({ length: 1_000 }, (_, n) => listeners.join(called(`subject ${n}`)))
  expect(() => listeners.join(called('one more'))).toThrow(Busy)
  for (const each of leave) each()
  expect(listeners.count).toBe(0)
  listeners.join(called('one more'))
  expect(listeners.count).toBe(1)
})

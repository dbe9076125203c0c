import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import type { Month } from '../../../src/domain/kernel/month.ts'
import {
  encodeLine,
  readStatement,
  StatementDamaged,
  type StatementHead,
  type StatementPart,
} from '../../../src/projections/billing/statement.ts'
import { billingWorld, fra, GB } from '../../support/billing-world.ts'
import { acme, globex, lab, ops, web } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'

const JANUARY = '2026-01' as Month

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

test('A statement is lines of JSON: the month with all that it refers to, each image, each correction', async () => {
  const world = billingWorld({ acme: 'Acme', web: 'Web', ops: 'Ops', ams: 'Amsterdam', fra: 'Frankfurt' })
  const priceId = world.price()
  const image = world.image({ name: 'debian', sizeBytes: 8n * GB })
  const opened = image.available('2026-01-01')
  await world.seal('2026-01')
  const late = image.sizeReported('2026-02-10', 10n * GB, '2026-01-01')
  const { content } = world.draft('2026-02')
  const price = `{"id":"${priceId}","project":null,"account":null,"location":null,"effectiveFrom":1577836800000,"currency":"USD","rate":"50000","unitBytes":"1000000000","hoursBasis":"CALENDAR","hourPolicy":"STARTED_HOUR"}`
  const segment = `{"start":1767225600000,"from":1767225600000,"to":null,"project":"web","sizeBytes":"10000000000","openedBy":"${opened.id}","closedBy":null}`
  const [head, ...parts] = text(content).split('\n')
  expect(head).toBe(
    `{"version":1,"account":"acme","provider":"Clouds","month":1769904000000,"position":"${world.events.length}","accountName":"Acme","projects":{"ops":"Ops","web":"Web"},"locations":{"ams":"Amsterdam","fra":"Frankfurt"},"prices":[${price}]}`,
  )
  expect(parts.map((part) => part.replace(/"names?":[^l]*"location"/, '"location"'))).toStrictEqual([
    `{"billed":{"image":"${image.id}","location":"ams","segments":[${segment}],"lines":[{"project":"web","sizeKnown":true,"hoursMs":"2419200000","byteMs":"24192000000000000000","posted":"10000000000000","segments":[0],"price":"${priceId}"}]}}`,
    `{"correction":{"image":"${image.id}","location":"ams","month":1767225600000,"project":"web","price":"${priceId}","sizeKnown":true,"hoursMs":"0","byteMs":"5356800000000000000","posted":"2000000000000","cause":"${late.id}"}}`,
    '',
  ])
})

test('A month that is drafted twice gives the same bytes', () => {
  const world = billingWorld()
  world.price()
  world.price({ project: ops, rate: '0.07' })
  for (const project of [web, ops, web]) world.image({ project }).available('2026-01-07T13:30:00Z')
  const { content, seal } = world.draft('2026-01')
  expect(text(world.draft('2026-01').content)).toBe(text(content))
  expect(seal.sha256).toBe(createHash('sha256').update(content).digest('hex'))
})

test('Prices that are for others are in no statement', () => {
  const world = billingWorld()
  world.price({ project: lab })
  world.price({ account: globex })
  world.price({ from: '2026-02-01' })
  const own = [world.price({ project: web }), world.price({ location: fra })]
  world.image().available('2026-01-01')
  const head: { readonly prices: readonly { readonly id: string }[] } = JSON.parse(
    text(world.draft('2026-01').content).split('\n')[0] ?? '',
  )
  expect(head.prices.map(({ id }) => id)).toStrictEqual(own)
})

const read = async (bytes: Uint8Array) => {
  const { head, parts } = await readStatement(
    Readable.from([Buffer.from(bytes)], { objectMode: false }),
    createHash('sha256').update(bytes).digest('hex'),
  )
  const found: StatementPart[] = []
  for await (const part of parts) found.push(part)
  return { head, parts: found }
}

const head: StatementHead = {
  version: 1,
  account: 'acme',
  accountName: 'Acme',
  provider: 'Clouds',
  month: 0,
  position: '7',
  prices: [],
  projects: {},
  locations: {},
}
const correction = {
  image: 'image',
  name: 'debian',
  location: 'ams',
  month: 0,
  project: null,
  price: null,
  sizeKnown: true,
  hoursMs: -1n,
  byteMs: 2n ** 90n,
  posted: 0n,
  cause: 'event',
}

test('A statement is read back as it was written, whatever people call things', async () => {
  const names = fc.string({
    unit: fc.constantFrom('a', '"', '\\', '\u2028', '\u2029', '\u0085', 'ü', '😀', ' '),
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(names, names, async (accountName, name) => {
      const given = { head: { ...head, accountName }, parts: [{ correction: { ...correction, name } }] }
      const bytes = Buffer.concat([encodeLine(given.head), ...given.parts.map(encodeLine)])
      expect(await read(bytes)).toStrictEqual(given)
    }),
    { numRuns: testSize(1_000, 10_000) },
  )
})

test('A sealed month can be read though a name in it holds a line separator', async () => {
  const world = billingWorld({ acme: 'Acme\u2028Inc' })
  world.image().available('2026-01-01')
  await world.seal('2026-01')
  expect((await world.billing.bill(acme, JANUARY)).accountName).toBe('Acme\u2028Inc')
})

test.each(['rate', 'posted'])('A sealed month can be read though a project is called %s', async (id) => {
  const world = billingWorld()
  const project = id as ProjectId
  world.record(`project-${id}`, { type: 'ProjectCreated', data: { account: acme, name: '7' } })
  world.image({ project, name: 'debian' }).available('2026-01-01')
  await world.seal('2026-01')
  expect((await world.billing.bill(acme, JANUARY)).projects[id]).toBe('7')
  const { lines } = await world.usage({ to: '2026-02-01' })
  expect(lines.map((line) => [line.project, line.imageName])).toStrictEqual([[id, 'debian']])
})

test('An empty statement is none', async () => {
  await expect(read(new Uint8Array())).rejects.toThrow('A statement is empty')
})

test('A statement that is not in the store is not taken for an empty month', async () => {
  const world = billingWorld()
  world.image().available('2026-01-01')
  const { seal } = await world.seal('2026-01')
  world.blobs.kept.clear()
  await expect(world.usage()).rejects.toThrow(`The statement ${seal.sha256} is not in the blob store`)
})

test('A statement that is not what was sealed is refused, whoever reads it', async () => {
  const bytes = encodeLine({ ...head, accountName: 'Acme' })
  const stream = Readable.from([Buffer.from(bytes)], { objectMode: false })
  const reading = async () => {
    const { parts } = await readStatement(stream, '0'.repeat(64))
    for await (const part of parts) expect.unreachable(JSON.stringify(part))
  }
  await expect(reading()).rejects.toThrow(StatementDamaged)
})

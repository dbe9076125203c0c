import { expect, test } from 'vitest'
import { accountAggregate } from '../../src/domain/account/state.ts'
import { imageLimitReached, nameTaken } from '../../src/domain/kernel/refusal.ts'
import { type Application, application } from '../support/application.ts'
import { auditClaims } from '../support/claims-oracle.ts'
import { create, type Outcome, remove, rename, wordFor } from '../support/library-commands.ts'
import { acme } from '../support/samples.ts'

const HUNDRED = 100

const count = (outcomes: readonly Outcome[]): Readonly<Record<string, number>> => {
  const words = outcomes.map(wordFor)
  return Object.fromEntries(
    [...new Set(words)].map((word) => [word, words.filter((one) => one === word).length]),
  )
}

const refusals = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((outcome) => (outcome._tag === 'Left' ? [outcome.left] : []))

const audit = async (app: Application, limit: number | null) =>
  auditClaims(await app.everything(), { limit, final: true })

/** The same nodes in turn, so that their commands meet in the log. */
const nodesOf = (app: Application, number: number) => {
  const nodes = Array.from({ length: number }, () => app.node())
  return (index: number) => nodes[index % number] ?? app.services
}

const registered = async (app: Application): Promise<number> =>
  (await app.everything()).filter(({ type }) => type === 'ImageRegistered').length

test.each([1, 2])(
  'Of 100 parallel creates of one name on %i node(s), one is done and 99 find it taken',
  async (number) => {
    await using app = await application()
    const node = nodesOf(app, number)
    const outcomes = await Promise.all(
      Array.from({ length: HUNDRED }, (_, index) => create(node(index), 'debian')),
    )
    expect(count(outcomes)).toStrictEqual({ DONE: 1, NameTaken: 99 })
    expect(refusals(outcomes)).toStrictEqual(Array(99).fill(nameTaken('debian', 'project "web"')))
    expect(await registered(app)).toBe(1)
    expect(await audit(app, null)).toStrictEqual([])
  },
)

test.each([1, 2])(
  'Of 100 parallel creates under a limit of 10 on %i node(s), ten are done',
  async (number) => {
    await using app = await application({ imageLimit: 10 })
    const node = nodesOf(app, number)
    const outcomes = await Promise.all(
      Array.from({ length: HUNDRED }, (_, index) => create(node(index), `debian-${index}`)),
    )
    expect(count(outcomes)).toStrictEqual({ DONE: 10, ImageLimitReached: 90 })
    expect(refusals(outcomes)).toStrictEqual(Array(90).fill(imageLimitReached(10, 10)))
    expect(await registered(app)).toBe(10)
    const { state } = await app.services.ledger.load(accountAggregate, acme)
    expect(state.places.size).toBe(10)
    expect(await audit(app, 10)).toStrictEqual([])
  },
)

test.each([1, 2])('100 parallel repetitions of one create on %i node(s) are one image', async (number) => {
  await using app = await application({ imageLimit: 1 })
  const node = nodesOf(app, number)
  const outcomes = await Promise.all(
    Array.from({ length: HUNDRED }, (_, index) => create(node(index), 'debian', { idempotencyKey: 'once' })),
  )
  expect(count(outcomes)).toStrictEqual({ DONE: HUNDRED })
  expect(new Set(outcomes.map((outcome) => outcome._tag === 'Right' && outcome.right.id)).size).toBe(1)
  expect(await registered(app)).toBe(1)
  expect(await audit(app, 1)).toStrictEqual([])
})

test('Many creates, renames and deletions at once keep every name with one owner', async () => {
  await using app = await application({ imageLimit: 12 })
  const node = nodesOf(app, 2)
  const images = (
    await Promise.all(Array.from({ length: 10 }, (_, index) => create(node(index), `image-${index}`)))
  ).flatMap((outcome) => (outcome._tag === 'Right' ? [outcome.right.id] : []))
  expect(images).toHaveLength(10)
  await Promise.all([
    ...images.map((id, index) => rename(node(index), id, `image-${(index + 1) % 10}`)),
    ...images.map((id, index) => rename(node(index + 1), id, `new-${index % 4}`)),
    ...images.slice(0, 5).map((id, index) => remove(node(index), id)),
    ...Array.from({ length: 10 }, (_, index) => create(node(index), `new-${index}`)),
  ])
  expect(auditClaims(await app.everything(), { limit: 12, final: true })).toStrictEqual([])
})

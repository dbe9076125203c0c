import { expect, test } from 'vitest'
import {
  amountsOf,
  closeMonth,
  everythingOf,
  exact,
  explained,
  type Line,
  linesOf,
  named,
  placed,
  reportSize,
  rowsOf,
  setPrice,
  total,
  whenSealed,
} from '../support/billing-journey.ts'
import { command, imageOf } from '../support/library.ts'
import { successiveServices, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'

const GB = 10n ** 9n

/** March 2026 from its 10th on, and what is learned of it before it is sealed. Each GB costs 0.04 EUR, and 0.03 from the 20th on. */
const liveThroughMarch = async () => {
  const start = await successiveServices()
  const at = (clock: string) => start({ CLOCK_START: clock })
  let service = await at('2026-03-10T00:00:00Z')
  const prices = {
    early: await setPrice(service, '0.04', '2026-01-01T00:00:00Z'),
    late: await setPrice(service, '0.03', '2026-03-20T00:00:00Z', { account: 'acme' }),
  }
  const images = {
    brief: await placed(service, 'brief'),
    grown: await placed(service, 'grown'),
    moved: await placed(service, 'moved'),
  }
  const begin = '2026-03-10T00:00:00Z'
  await reportSize(service, images.brief, 3n * GB, begin, begin)
  await reportSize(service, images.moved, 10n * GB, begin, begin)
  service = await at('2026-03-15T06:30:00Z')
  await command(service, tokens.collaborator, 'imageDelete', { image: images.brief })
  await command(service, tokens.accountAdmin, 'imagePromote', { image: images.moved })
  service = await at('2026-04-02T00:00:00Z')
  await reportSize(service, images.grown, 200n * GB, '2026-03-18T09:00:00Z')
  return { service, at, images, prices }
}

type World = Awaited<ReturnType<typeof liveThroughMarch>>

const seal = async ({ service, at }: World) => {
  await closeMonth(service, '2026-03')
  const later = await at('2026-04-05T01:00:00Z')
  await whenSealed(later, '2026-03')
  return later
}

/** What is learned on the 10th of April: how many bytes the images had in March. The first two were measured then. */
const learnLate = async ({ at, images }: World) => {
  const service = await at('2026-04-10T12:30:00Z')
  const { brief, grown, moved } = images
  await reportSize(service, grown, 300n * GB, '2026-03-28T00:00:00Z')
  await reportSize(service, brief, 4n * GB, '2026-03-14T00:00:00Z')
  await reportSize(service, moved, 12n * GB, '2026-04-10T00:00:00Z', '2026-03-15T00:00:00Z')
  return service
}

/*
 * By hand: the month has 744 hours, and those of each image begin with the 10th. What is posted are 12 decimals of what an image
 * comes to so far, less what was posted of it before.
 *
 * brief had 1 GB more from the 97th of its 127 hours on: 381 ÷ 744 = 0.512096774193|5 → …194 was posted,
 *   (381 + 31) ÷ 744 = 0.553763440860|2 is now: 0.041666666666 × 0.04 = 0.00166666666664
 * grown had 100 GB more for the last 96: (7800.00402 + 57600) ÷ 744 = 87.903225811854|8 → …855 was,
 *   (7800.00402 + 67200) ÷ 744 = 100.806457…, 12.903225806452 more, × 0.03 = 0.38709677419356
 * moved had 2 GB more from its 121st hour on, 7 of them of web: 1284 ÷ 744 = 1.725806451612|9 → …613, less 1.706989247312,
 *   = 0.018817204301 × 0.04; 113 of the account: (2640 ÷ 744 = 3.548387096774|2) - …613 = 1.822580645161, less 1.518817204301,
 *   = 0.30376344086 × 0.04; and 288: (6096 ÷ 744 = 8.193548387096|8 → …097) - …774 = 4.645161290323, less 3.870967741935, × 0.03
 */
const learned = {
  'brief early web': ['0', '31', '0.041666666666', '0.001666666666640000'],
  'grown late web': ['0', '9600', '12.903225806452', '0.387096774193560000'],
  'moved early web': ['0', '14', '0.018817204301', '0.000752688172040000'],
  'moved early -': ['0', '226', '0.303763440860', '0.012150537634400000'],
  'moved late -': ['0', '576', '0.774193548388', '0.023225806451640000'],
}

const byId = (a: Line, b: Line): number => (a.id < b.id ? -1 : 1)
const isCorrection = ({ status }: Line) => status === 'CORRECTION'

/** What lines add up to, by image, price and owner. */
const sums = (lines: readonly Line[], prices: World['prices']) => {
  const each = new Map<string, readonly bigint[]>()
  for (const [key, values] of lines.flatMap((line) => Object.entries(named([line], prices))))
    each.set(
      key,
      values.map((value, place) => exact(value) + (each.get(key)?.[place] ?? 0n)),
    )
  return Object.fromEntries(each)
}

/** The event that said an image's size last. */
const lastReport = async (service: TestService, image: string) => {
  const found = await imageOf<{ history: { nodes: { id: string; type: string }[] } }>(
    service,
    image,
    'history(last: 3) { nodes { id type } }',
    tokens.accountViewer,
  )
  return found?.history.nodes.findLast(({ type }) => type === 'ImageSizeReported')?.id ?? ''
}

/** March is sealed, and more is learned of it afterwards, in April. */
const corrected = async () => {
  const world = await liveThroughMarch()
  const before = await everythingOf(await seal(world), '2026-03')
  const service = await learnLate(world)
  return { ...world, before, service }
}

test('what is learned late changes no byte of a sealed month, and is billed in the next one', async () => {
  const { service: learning, at, before, images, prices } = await corrected()
  expect(await everythingOf(learning, '2026-03')).toStrictEqual(before)
  const causes = {
    brief: await lastReport(learning, images.brief),
    grown: await lastReport(learning, images.grown),
    moved: await lastReport(learning, images.moved),
  }
  const service = await at('2026-05-02T00:30:00Z')
  expect(await everythingOf(service, '2026-03')).toStrictEqual(before)

  const corrections = (await linesOf(service, '2026-04')).filter(isCorrection)
  expect(named(corrections, prices)).toStrictEqual(learned)
  for (const line of corrections)
    expect([line.periodStart, line.periodEnd, line.billingPeriod, line.causedBy]).toStrictEqual([
      '2026-03-01T00:00:00.000Z',
      '2026-04-01T00:00:00.000Z',
      '2026-04',
      causes[line.imageName as keyof typeof causes],
    ])
})

test('a sealed month and its corrections come to what it would have come to unsealed, and so does the next', async () => {
  const world = await corrected()
  const unsealed = await liveThroughMarch()
  await learnLate(unsealed)
  const service = await world.at('2026-05-02T00:30:00Z')
  const other = await unsealed.at('2026-05-02T00:30:00Z')
  const april = await linesOf(service, '2026-04')
  const march = [...(await linesOf(service, '2026-03')), ...april.filter(isCorrection)]
  expect(sums(march, world.prices)).toStrictEqual(sums(await linesOf(other, '2026-03'), unsealed.prices))
  const both = await linesOf(service, '2026-03', { to: '2026-05-01T00:00:00.000Z' })
  expect([...both].sort(byId)).toStrictEqual([...(await linesOf(service, '2026-03')), ...april].sort(byId))
  const rest = april.filter((line) => !isCorrection(line))
  expect(named(rest, world.prices)).toStrictEqual(named(await linesOf(other, '2026-04'), unsealed.prices))
  expect(named(rest, world.prices)).toStrictEqual({
    'grown late web': ['720', '216000', '300.000000000000', '9.000000000000000000'],
    'moved late -': ['720', '8640', '12.000000000000', '0.360000000000000000'],
  })
})

test('corrections are explained by the event that they were learned by, and linked with the line that they correct', async () => {
  const { service } = await corrected()
  const sealed = await linesOf(service, '2026-03')
  const corrections = (await linesOf(service, '2026-04')).filter(isCorrection)
  expect(corrections).toHaveLength(5)
  for (const correction of corrections) {
    const { line, cause, steps } = await explained(service, correction.id)
    expect([line, cause?.id, cause?.type, steps]).toStrictEqual([
      correction,
      correction.causedBy,
      'ImageSizeReported',
      [],
    ])
  }
  const ofImage = (lines: readonly Line[], name: string) =>
    lines.filter(({ imageName }) => imageName === name)
  for (const line of sealed) {
    const linked = (await explained(service, line.id)).corrections
    expect([...linked].sort(byId)).toStrictEqual(ofImage(corrections, line.imageName ?? '').sort(byId))
  }
})

test('the files of the next month have the corrections, and they are sealed with it', async () => {
  const { at, before } = await corrected()
  let service = await at('2026-05-02T00:30:00Z')
  const april = await linesOf(service, '2026-04')
  const corrections = april.filter(isCorrection)
  for (const file of ['focus-1.2.csv', 'focus-1.4.csv'] as const) {
    const rows = await rowsOf(service, file, '2026-04')
    expect(total(rows.map((row) => row['BilledCost'] ?? ''))).toBe(amountsOf(april))
    const asCorrection = rows.filter((row) => row['ChargeClass'] === 'Correction')
    expect(
      asCorrection
        .map((row) => [row['x_LineId'], row['BilledCost'], row['x_CausedBy'], row['ChargeDescription']])
        .sort(),
    ).toStrictEqual(
      corrections
        .map(({ id, amount, causedBy, imageName }) => [
          id,
          amount,
          causedBy,
          `Correction of 2026-03: storage of image ${imageName}`,
        ])
        .sort(),
    )
    for (const row of asCorrection)
      expect([row['BillingPeriodStart'], row['ChargePeriodStart'], row['ChargePeriodEnd']]).toStrictEqual([
        '2026-04-01T00:00:00Z',
        '2026-03-01T00:00:00Z',
        '2026-04-01T00:00:00Z',
      ])
  }
  const rows = await rowsOf(service, 'usage.csv', '2026-04')
  expect(
    rows.map((row) => [row['line_id'], row['status'], row['amount'], row['caused_by']]).sort(),
  ).toStrictEqual(
    april.map(({ id, status, amount, causedBy }) => [id, status, amount, causedBy ?? '']).sort(),
  )

  await closeMonth(service, '2026-04')
  service = await at('2026-05-05T01:00:00Z')
  await whenSealed(service, '2026-04')
  expect(await linesOf(service, '2026-04')).toStrictEqual(
    april.map((line) => (isCorrection(line) ? line : { ...line, status: 'SEALED' })),
  )
  expect(await everythingOf(service, '2026-03')).toStrictEqual(before)
  for (const { id } of corrections) expect((await explained(service, id)).line.id).toBe(id)
})

test('a restore after the seal bills the hours since the deletion as corrections, at the prices of their time', async () => {
  const start = await successiveServices()
  const at = (clock: string) => start({ DELETE_RECOVERY_HOURS: '1000', CLOCK_START: clock })
  const begin = '2026-03-10T00:00:00Z'
  let service = await at(begin)
  const prices = {
    early: await setPrice(service, '0.04', '2026-01-01T00:00:00Z'),
    late: await setPrice(service, '0.03', '2026-03-20T00:00:00Z', { account: 'acme' }),
  }
  const image = await placed(service, 'debian')
  await reportSize(service, image, 100n * GB, begin, begin)
  service = await at('2026-03-18T06:30:00Z')
  await command(service, tokens.collaborator, 'imageDelete', { image })
  service = await at('2026-04-02T00:00:00Z')
  await closeMonth(service, '2026-03')
  service = await at('2026-04-05T01:00:00Z')
  await whenSealed(service, '2026-03')
  const before = await everythingOf(service, '2026-03')
  expect(await linesOf(service, '2026-04')).toStrictEqual([])

  service = await at('2026-04-10T12:30:00Z')
  const restored = await command(service, tokens.collaborator, 'imageRestore', { image })
  expect(restored).toMatchObject({ status: 'AVAILABLE' })
  expect(await everythingOf(service, '2026-03')).toStrictEqual(before)
  const april = await linesOf(service, '2026-04')
  // 199 hours had begun: 19900 ÷ 744 = 26.747311827957|0. 41 more until the 20th: 24000 ÷ 744 = 32.258064516129|0, and 288:
  // 52800 ÷ 744 = 70.967741935483|9.
  expect(named(april.filter(isCorrection), prices)).toStrictEqual({
    'debian early web': ['41', '4100', '5.510752688172', '0.220430107526880000'],
    'debian late web': ['288', '28800', '38.709677419355', '1.161290322580650000'],
  })
  // 229 hours of April: 22900 ÷ 720 = 31.805555555555|6.
  const rest = april.filter((line) => !isCorrection(line))
  expect(named(rest, prices)).toStrictEqual({
    'debian late web': ['229', '22900', '31.805555555556', '0.954166666666680000'],
  })
})

import { describe, expect, test } from 'vitest'
import { billingPeriodClose } from '../../../src/application/use-cases/billing-period-close.ts'
import { storageRateSet } from '../../../src/application/use-cases/storage-rate-set.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { forbidden, idempotencyConflict, invalidInput, notFound } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { seal, useInMarch } from '../../support/bills.ts'
import { eventsAfter, idOf, people, refusalOf, strangers } from '../../support/library-commands.ts'
import { acme, globex, principal } from '../../support/samples.ts'

const asOperator = callerOf(operator)
const april = '2026-04-01T00:00:00.000Z'
const plain = { currency: 'EUR', ratePerGbMonth: '0.05', effectiveFrom: april }
const everybody = { project: null, account: null, location: null }
const terms = { ...plain, unit: 'GB', hoursBasis: 'CALENDAR', hourPolicy: 'STARTED_HOUR' }

const set = ({ services }: Application, more: object = {}, caller = asOperator) =>
  storageRateSet(services)(caller, { ...plain, ...more })()
const invalid = (field: string, message: string) => left(invalidInput([{ path: [field], message }]))

/** Whatever is tried meanwhile leaves the log as it is. */
const writesNothing = async (app: Application, run: () => Promise<void>) => {
  const before = await app.log.head()
  await run()
  expect(await app.log.head()).toBe(before)
}

describe('Setting a price', () => {
  test('for everybody takes no more than rate, currency and date', async () => {
    await using app = await application()
    const before = await app.log.head()
    const done = await set(app)
    const priceId = idOf(done)
    expect(await eventsAfter(app, before)).toStrictEqual([
      { type: 'StorageRateSet', data: { priceId, scope: everybody, terms } },
    ])
    const event = (await app.everything()).at(-1)
    expect(done).toStrictEqual(right({ id: priceId, position: event?.position }))
    expect(event?.stream).toBe('pricing-storage...')
    expect(event?.metadata['actor']).toStrictEqual({ id: 'olivia', kind: 'OPERATOR' })
  })

  test('says how GB and hours are counted where that is not the usual way', async () => {
    await using app = await application()
    const before = await app.log.head()
    const unusual = { unit: 'GIB', hoursBasis: 'H730', hourPolicy: 'EXACT' }
    const priceId = idOf(await set(app, unusual))
    expect(await eventsAfter(app, before)).toStrictEqual([
      { type: 'StorageRateSet', data: { priceId, scope: everybody, terms: { ...terms, ...unusual } } },
    ])
  })

  test.each<[object, object, string]>([
    [{ location: 'ams' }, { location: 'ams' }, 'pricing-storage...ams'],
    [{ account: 'acme' }, { account: 'acme' }, 'pricing-storage..acme.'],
    [{ project: 'web' }, { project: 'web' }, 'pricing-storage.web..'],
    [
      { project: 'web', account: 'acme', location: 'ams' },
      { project: 'web', account: 'acme', location: 'ams' },
      'pricing-storage.web.acme.ams',
    ],
    [{ project: null, account: null, location: null }, {}, 'pricing-storage...'],
  ])('is for whom %j names', async (named, scope, stream) => {
    await using app = await application()
    const priceId = idOf(await set(app, named))
    const event = (await app.everything()).at(-1)
    expect(event?.stream).toBe(stream)
    expect(event?.data).toStrictEqual({ priceId, scope: { ...everybody, ...scope }, terms })
  })

  test('is what billing goes by from its date on', async () => {
    await using app = await application()
    const [all, ofAcme] = [idOf(await set(app)), idOf(await set(app, { account: 'acme' }))]
    await app.settled()
    const payer = { account: acme, project: null, location: 'ams' }
    const at = (instant: string) => app.billing.pricesAt(payer, Date.parse(instant)).map(({ id }) => id)
    expect(at('2026-03-31T23:59:59.999Z')).toStrictEqual([])
    expect(at(april)).toStrictEqual([ofAcme, all])
  })
})

describe('A price is set by operators alone', () => {
  test.each(['accountAdmin', 'collaborator', 'viewer', 'recipient', 'nobody'] as const)(
    'not by %s, before anything else is looked at',
    async (person) => {
      await using app = await application()
      const caller = callerOf(people[person])
      await writesNothing(app, async () => {
        for (const more of [{ account: 'acme' }, { account: 'gone', ratePerGbMonth: '-1' }])
          expect(await set(app, more, caller)).toStrictEqual(left(forbidden('OPERATOR', 'set prices')))
      })
    },
  )

  test('not by a hypervisor, nor by an admin of another account', async () => {
    await using app = await application()
    for (const who of [principal({ hypervisor: 'node-1' }), strangers.stranger])
      expect(await set(app, {}, callerOf(who))).toStrictEqual(left(forbidden('OPERATOR', 'set prices')))
  })
})

describe('A price is refused', () => {
  test.each(['location', 'account', 'project'] as const)(
    'for a %s that is not there, before its input is looked at',
    async (kind) => {
      await using app = await application()
      await writesNothing(app, async () => {
        for (const id of ['gone', 'Ams', '../etc', ''])
          expect(await set(app, { [kind]: id, ratePerGbMonth: '-1' })).toStrictEqual(left(notFound(kind, id)))
      })
    },
  )

  test('for a project that is not of the account', async () => {
    await using app = await application()
    await writesNothing(app, async () => {
      expect(await set(app, { project: 'lab', account: 'acme' })).toStrictEqual(
        invalid('project', 'must be of account acme: leave the account out'),
      )
    })
  })

  const rate = 'must be a decimal that is not negative, of at most 12 digits and 6 decimals, such as 0.05'
  const instant = 'must be a UTC instant with three fractional digits'
  test.each<[string, unknown, string]>([
    ['ratePerGbMonth', '-0.05', rate],
    ['ratePerGbMonth', '0.0500001', rate],
    ['ratePerGbMonth', '0.0500000', rate],
    ['ratePerGbMonth', '1234567890123', rate],
    ['ratePerGbMonth', '5e-2', rate],
    ['ratePerGbMonth', '0,05', rate],
    ['ratePerGbMonth', '', rate],
    ['ratePerGbMonth', 0.05, 'Invalid input: expected string, received number'],
    ['currency', 'EURO', 'must be a currency of ISO 4217 in capitals, such as EUR'],
    ['currency', 'eur', 'must be a currency of ISO 4217 in capitals, such as EUR'],
    ['currency', 'QQQ', 'must be a currency of ISO 4217 in capitals, such as EUR'],
    ['currency', 'XAU', 'must be a currency of ISO 4217 in capitals, such as EUR'],
    ['currency', '', 'must be a currency of ISO 4217 in capitals, such as EUR'],
    ['effectiveFrom', '2026-04-01', instant],
    ['effectiveFrom', '2026-04-01T00:00:00Z', instant],
    ['effectiveFrom', null, instant],
    ['unit', 'MB', 'Invalid option: expected one of "GB"|"GIB"'],
    ['hoursBasis', 'H744', 'Invalid option: expected one of "CALENDAR"|"H730"|"H720"'],
    ['hourPolicy', 'NONE', 'Invalid option: expected one of "STARTED_HOUR"|"EXACT"'],
    ['idempotencyKey', ' ', 'must be one line, and not blank'],
  ])('where %s is %j', async (field, value, message) => {
    await using app = await application()
    await writesNothing(app, async () => {
      expect(await set(app, { [field]: value })).toStrictEqual(invalid(field, message))
    })
  })

  test('with what no price has', async () => {
    await using app = await application()
    expect(await set(app, { flavour: 'vanilla' })).toStrictEqual(
      left(invalidInput([{ path: [], message: 'Unrecognized key: "flavour"' }])),
    )
  })
})

test.each([
  ['0', '0'],
  ['0.000001', '0.000001'],
  ['999999999999.999999', '999999999999.999999'],
  ['007', '7'],
  ['0.050', '0.05'],
  ['5.000000', '5'],
  ['100', '100'],
])('The rate %s is kept as %s', async (given, kept) => {
  await using app = await application()
  idOf(await set(app, { ratePerGbMonth: given }))
  expect((await app.everything()).at(-1)?.data['terms']).toStrictEqual({ ...terms, ratePerGbMonth: kept })
})

describe('A price that is there', () => {
  test('is the answer where it is asked for again, without another event', async () => {
    await using app = await application()
    const first = idOf(await set(app))
    await writesNothing(app, async () => {
      const head = await app.log.head()
      const others = [{ ratePerGbMonth: '0.0500' }, { unit: 'GB', hoursBasis: null, account: null }]
      for (const more of [{}, { idempotencyKey: 'new' }, ...others])
        expect(await set(app, more)).toStrictEqual(right({ id: first, position: head }))
    })
  })

  test('never changes, but may be followed by another, and is another for others', async () => {
    await using app = await application()
    const first = idOf(await set(app))
    await writesNothing(app, async () => {
      for (const more of [{ ratePerGbMonth: '0.06' }, { currency: 'USD' }, { unit: 'GIB' }])
        expect(await set(app, more)).toStrictEqual(
          invalid(
            'effectiveFrom',
            'must be another instant: from then on the price is 0.05 EUR already, and a price never changes',
          ),
        )
    })
    const others = [
      idOf(await set(app, { ratePerGbMonth: '0.06', effectiveFrom: '2026-04-01T00:00:00.001Z' })),
      idOf(await set(app, { ratePerGbMonth: '0.06', account: 'acme' })),
      idOf(await set(app, { ratePerGbMonth: '0.06', account: 'globex' })),
    ]
    expect(new Set([first, ...others]).size).toBe(4)
  })

  test('is counted as the others are: hours of two kinds would overlap', async () => {
    await using app = await application()
    idOf(await set(app, { hourPolicy: 'EXACT' }))
    await app.settled()
    await writesNothing(app, async () => {
      expect(await set(app, { account: 'acme', hourPolicy: 'STARTED_HOUR' })).toStrictEqual(
        invalid(
          'hourPolicy',
          'must be EXACT, as that of the prices that are set: hours are counted in one way',
        ),
      )
    })
    expect((await set(app, { account: 'acme', hourPolicy: 'EXACT' }))._tag).toBe('Right')
  })

  test('is the same one under the same idempotencyKey, with other content a conflict', async () => {
    await using app = await application()
    const once = { idempotencyKey: 'once' }
    const first = idOf(await set(app, once))
    await writesNothing(app, async () => {
      const again = right({ id: first, position: await app.log.head() })
      expect(await set(app, once)).toStrictEqual(again)
      expect(await storageRateSet(app.node())(asOperator, { ...plain, ...once, unit: null })()).toStrictEqual(
        again,
      )
      for (const other of [{ ratePerGbMonth: '0.06' }, { effectiveFrom: '2026-05-01T00:00:00.000Z' }])
        expect(refusalOf(await set(app, { ...once, ...other }))).toStrictEqual(idempotencyConflict())
    })
  })
})

describe('In a month that is sealed', () => {
  const lastMoment = '2026-03-31T23:59:59.999Z'
  const inside = invalid(
    'effectiveFrom',
    'must not be inside a month that is sealed: 2026-04-01T00:00:00.000Z is the earliest',
  )

  const inApril = async () => {
    const app = await application()
    await useInMarch(app)
    return app
  }

  test('no price begins for those who were billed, up to its last moment', async () => {
    await using app = await inApril()
    await seal(app, '2026-03')
    await writesNothing(app, async () => {
      for (const scope of [{ account: 'acme' }, { project: 'web' }, { location: 'ams' }, {}])
        for (const effectiveFrom of [lastMoment, '2020-01-01T00:00:00.000Z'])
          expect(await set(app, { ...scope, effectiveFrom })).toStrictEqual(inside)
    })
    for (const scope of [{ account: 'acme' }, { project: 'web' }, { location: 'ams' }, {}])
      idOf(await set(app, { ...scope, effectiveFrom: april }))
  })

  test('a price began still while it was being closed', async () => {
    await using app = await inApril()
    idOf(await billingPeriodClose(app.services)(asOperator, { account: acme, month: '2026-03' })())
    await app.settled()
    idOf(await set(app, { account: 'acme', effectiveFrom: lastMoment }))
  })

  test('a price begins for others still', async () => {
    await using app = await inApril()
    await seal(app, '2026-03')
    for (const scope of [{ account: 'globex' }, { project: 'lab' }])
      idOf(await set(app, { ...scope, effectiveFrom: lastMoment }))
    await seal(app, '2026-03', globex)
    expect(await set(app, { project: 'lab', effectiveFrom: '2026-03-01T00:00:00.000Z' })).toStrictEqual(
      inside,
    )
  })

  test('the price that was set before is what it was, asked for again or otherwise', async () => {
    await using app = await inApril()
    const before = { account: 'acme', effectiveFrom: lastMoment }
    const there = idOf(await set(app, before))
    await seal(app, '2026-03')
    await writesNothing(app, async () => {
      expect(idOf(await set(app, before))).toBe(there)
      expect(refusalOf(await set(app, { ...before, ratePerGbMonth: '7' })).message).toBe(
        'effectiveFrom: must be another instant: from then on the price is 0.05 EUR already, and a price never changes',
      )
    })
  })
})

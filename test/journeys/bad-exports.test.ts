import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { available } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { expiredToken, people, signedToken, tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

let service: TestService

beforeAll(async () => {
  const started = await startSeeded({ CLOCK_START: '2026-03-10T12:00:00Z' })
  service = started.service
  await available(service, 'debian', disk.subarray(0, 1000))
  return started.dispose
})

/** Nothing of what is tried here leaves a trace in the log, or takes the service down. */
beforeEach(async () => {
  const before = await service.service.log.head()
  return async () => {
    expect(await service.service.log.head()).toBe(before)
    expect((await service.http({ path: '/readyz' })).status).toBe(200)
  }
})

const account = 'account: name the account, as in ?account=acme&month=2026-03.'
const month = 'month: must be a month such as 2026-03.'
const invalid = (detail: string) => [400, 'INVALID_INPUT', detail] as const
const noAccount = (id: string) =>
  [404, 'NOT_FOUND', `There is no account ${JSON.stringify(id)} that you may see.`] as const

describe.each(['usage.csv', 'focus-1.2.csv', 'focus-1.4.csv'])('/billing/%s', (file) => {
  const path = `/billing/${file}`
  const good = `${path}?account=acme&month=2026-03`

  test.each([
    ['nothing', '', invalid(account)],
    ['no account', '?month=2026-03', invalid(account)],
    ['two accounts', '?account=acme&account=globex&month=2026-03', invalid(account)],
    ['a list of accounts', '?account[]=acme&month=2026-03', invalid(account)],
    ['no month', '?account=acme', invalid(month)],
    ['two months', '?account=acme&month=2026-01&month=2026-02', invalid(month)],
    ['an empty month', '?account=acme&month=', invalid(month)],
    ['a thirteenth month', '?account=acme&month=2026-13', invalid(month)],
    ['a month of one digit', '?account=acme&month=2026-3', invalid(month)],
    ['a year of two digits', '?account=acme&month=26-03', invalid(month)],
    ['a day', '?account=acme&month=2026-03-01', invalid(month)],
    ['a month and a line', '?account=acme&month=2026-03%0A', invalid(month)],
    ['a month that has not begun', '?account=acme&month=2026-04', invalid('month: 2026-04 has not begun.')],
    ['the last month of all', '?account=acme&month=9999-11', invalid('month: 9999-11 has not begun.')],
    ['an account that is empty', '?account=&month=2026-03', noAccount('')],
    ['an account that there is not', '?account=emca&month=2026-03', noAccount('emca')],
    ['an account and a blank', '?account=acme%20&month=2026-03', noAccount('acme ')],
    ['an account with NUL', '?account=acme%00&month=2026-03', noAccount('acme\0')],
    ['a path for an account', '?account=..%2Facme&month=2026-03', noAccount('../acme')],
    ['a prototype', '?account=__proto__&month=2026-03', noAccount('__proto__')],
    ['the end of a statement', "?account=';--&month=2026-03", noAccount("';--")],
    ['an account of bytes that are no text', '?account=%ff%fe&month=2026-03', noAccount('%ff%fe')],
    ['an account that there is not, and no month', '?account=emca', noAccount('emca')],
  ])('is refused for %s', async (_, query, problem) => {
    const answer = await service.http({ path: path + query, token: tokens.operator })
    expect(problemOf(answer)).toStrictEqual(problem)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is not there for %s', async (method) => {
    const body = method === 'DELETE' ? {} : { body: '{}' }
    const answer = await service.http({ method, path: good, token: tokens.operator, ...body })
    expect(problemOf(answer)).toStrictEqual([404, 'NOT_FOUND', `There is no ${method} ${path} here.`])
  })

  test('takes a token', async () => {
    const answer = await service.http({ path: good })
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(problemOf(answer)).toStrictEqual([
      401,
      'UNAUTHENTICATED',
      'This needs a token: send it as "Authorization: Bearer <token>".',
    ])
    const withoutAll = await service.http({ path })
    expect(problemOf(withoutAll)).toStrictEqual(problemOf(answer))
  })

  test('takes a token that is good', async () => {
    const forged = await signedToken(people.operator, 'another secret, and longer than 32 bytes too')
    for (const [token, detail] of [
      ['garbage', 'The token is not valid here.'],
      [forged, 'The token is not valid here.'],
      [await expiredToken(people.operator), 'The token has expired: get a new one.'],
    ] as const) {
      const answer = await service.http({ path: good, token })
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
      expect(problemOf(answer)).toStrictEqual([401, 'UNAUTHENTICATED', detail])
    }
    const basic = await service.http({ path: good, headers: { authorization: 'Basic YTpi' } })
    expect(problemOf(basic)).toStrictEqual([
      401,
      'UNAUTHENTICATED',
      'Authorization: must be "Bearer <token>".',
    ])
  })

  test('is given for what is good, and for what it does not know besides', async () => {
    for (const more of ['', '&projects=elsewhere', '&format=json', '&asOf=2999-01-01', '#x']) {
      const { status, headers } = await service.http({ path: good + more, token: tokens.operator })
      expect([more, status, headers['content-type']]).toStrictEqual([
        more,
        200,
        'text/csv; charset=utf-8; header=present',
      ])
    }
  })

  test.each(['1970-01', '1999-12'])('has no lines for a month long before: %s', async (given) => {
    const path = `/billing/${file}?account=acme&month=${given}`
    const { status, body } = await service.http({ path, token: tokens.operator })
    expect([status, body.toString().split('\r\n').length]).toStrictEqual([200, 2])
  })
})

test('a file that there is not is NOT_FOUND', async () => {
  for (const file of ['focus-1.3.csv', 'usage.json', 'usage', '', '..%2Fusage.csv']) {
    const path = `/billing/${file}`
    const answer = await service.http({ path: `${path}?account=acme&month=2026-03`, token: tokens.operator })
    expect(problemOf(answer)).toStrictEqual([404, 'NOT_FOUND', `There is no GET ${path} here.`])
  }
})

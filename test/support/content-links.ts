import { expect } from 'vitest'
import type { Client, HttpAnswer } from './client.ts'
import { jsonOf } from './client.ts'
import { rawDisk } from './images.ts'
import { available, command, imageOf } from './library.ts'
import { type Person, STRANGE_PROJECT, tokens } from './tokens.ts'

/** What every link here is to. */
export const linkedDisk = rawDisk(300_000, 6)

/** A new image of `web` with those bytes. */
export const linkedImage = (client: Client) =>
  available(client, `n${crypto.randomUUID().slice(0, 13)}`, linkedDisk)

/** Image.contentUrl, with its arguments as the query has them. */
export const urlOf = async (client: Client, token: string, id: string, args = ''): Promise<string | null> =>
  (await imageOf<{ contentUrl: string | null }>(client, id, `contentUrl${args}`, token))?.contentUrl ?? null

/** The path of such a link, where there must be one. */
export const linkOf = async (client: Client, token: string, id: string, args = ''): Promise<string> => {
  const { pathname, search } = new URL((await urlOf(client, token, id, args)) ?? 'null:')
  return pathname + search
}

/** What was signed of a link. */
export const signedPart = (link: string): string => link.split('?link=')[1] ?? ''

/** Whether somebody without a token gets the bytes by it. */
export const opens = async (client: Client, link: string): Promise<boolean> =>
  (await client.http({ path: link })).body.equals(linkedDisk)

/** All of a refusal that is not of this request alone. */
export const toldBy = (answer: HttpAnswer) => {
  const { date: _date, 'x-request-id': _id, ...headers } = answer.headers
  const { requestId: _request, ...problem } = jsonOf<{ requestId: string }>(answer)
  return { status: answer.status, headers, problem }
}

/** What every link is answered that opens nothing. */
export const ended = {
  status: 403,
  problem: {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    code: 'FORBIDDEN',
    detail: 'This link opens nothing, or nothing any more: ask for a new one.',
  },
}

export const isDead = async (client: Client, link: string): Promise<void> =>
  expect(toldBy(await client.http({ path: link }))).toMatchObject(ended)

/** Carries a mutation on an image out that must go well. */
export const done = async (
  client: Client,
  person: Person,
  mutation: string,
  id: string,
  more: object = {},
) => {
  const outcome = await command(client, tokens[person], mutation, { image: id, ...more })
  expect(outcome.code).toBe(undefined)
}

export const shareWithStrangers = async (client: Client, id: string): Promise<void> => {
  await done(client, 'collaborator', 'imageShare', id, { project: STRANGE_PROJECT })
  await done(client, 'stranger', 'imageShareAccept', id, { project: STRANGE_PROJECT })
}

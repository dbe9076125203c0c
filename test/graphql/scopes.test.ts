import { beforeAll, describe, expect, test } from 'vitest'
import { contentPath } from '../support/client.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { type Ask, graphql, http } from './asking.ts'
import { readTable } from './policy.ts'
import { asker, type Kind, makeRecipients, makers, persons } from './world.ts'

// Who sees, lists, finds and downloads an image of `web` that was offered to the four projects, by what became of it. The
// words are those of policy.ts; 409: may, but there are no bytes to be had, or not for new use. `link`: gets one that opens.

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  await makeRecipients(service)
  return started.dispose
})

const table = `
                               nobd strg othr view coll admn aVie aCol aAdm pend accp accV rejc revk oper
PRIVATE image                  -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PRIVATE images                 -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PRIVATE images of their own    -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PRIVATE imageByName            -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PRIVATE GET                    -    -    -    no   yes  yes  no   yes  yes  -    -    -    -    -    yes
PRIVATE link                   -    -    -    -    yes  yes  -    yes  yes  -    -    -    -    -    yes

SHARED image                   -    -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes
SHARED images                  -    -    -    yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
SHARED images of their own     -    -    -    yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
SHARED imageByName             -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
SHARED GET                     -    -    -    no   yes  yes  no   yes  yes  no   yes  no   -    -    yes
SHARED link                    -    -    -    -    yes  yes  -    yes  yes  -    yes  -    -    -    yes

COMMUNITY image                -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
COMMUNITY images               -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
COMMUNITY images of their own  -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
COMMUNITY imageByName          -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
COMMUNITY GET                  -    yes  yes  no   yes  yes  no   yes  yes  yes  yes  no   yes  yes  yes
COMMUNITY link                 -    yes  yes  -    yes  yes  -    yes  yes  yes  yes  -    yes  yes  yes

PUBLIC image                   -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
PUBLIC images                  -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
PUBLIC images of their own     -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
PUBLIC imageByName             -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PUBLIC GET                     -    yes  yes  no   yes  yes  no   yes  yes  yes  yes  no   yes  yes  yes
PUBLIC link                    -    yes  yes  -    yes  yes  -    yes  yes  yes  yes  -    yes  yes  yes

PROMOTED image                 -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes
PROMOTED images                -    -    yes  yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
PROMOTED images of their own   -    -    yes  yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
PROMOTED imageByName           -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PROMOTED GET                   -    -    yes  no   yes  yes  no   yes  yes  no   yes  no   -    -    yes
PROMOTED link                  -    -    yes  -    yes  yes  -    yes  yes  -    yes  -    -    -    yes

DEPRECATED image               -    -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes
DEPRECATED images              -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
DEPRECATED images of their own -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
DEPRECATED imageByName         -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
DEPRECATED GET                 -    -    -    no   yes  yes  no   yes  yes  no   yes  no   -    -    yes
DEPRECATED link                -    -    -    -    yes  yes  -    yes  yes  -    yes  -    -    -    yes

OBSOLETE image                 -    -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes
OBSOLETE images                -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
OBSOLETE GET                   -    -    -    no   yes  yes  no   yes  yes  no   409  no   -    -    yes
OBSOLETE link                  -    -    -    -    yes  yes  -    yes  yes  -    -    -    -    -    yes

PUBLIC_DEPRECATED image        -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
PUBLIC_DEPRECATED images       -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PUBLIC_DEPRECATED GET          -    yes  yes  no   yes  yes  no   yes  yes  yes  yes  no   yes  yes  yes
PUBLIC_DEPRECATED link         -    yes  yes  -    yes  yes  -    yes  yes  yes  yes  -    yes  yes  yes

PROMOTED_DEPRECATED image      -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes
PROMOTED_DEPRECATED images     -    -    -    -    -    -    yes  yes  yes  -    -    -    -    -    yes
PROMOTED_DEPRECATED GET        -    -    yes  no   yes  yes  no   yes  yes  no   yes  no   -    -    yes
PROMOTED_DEPRECATED link       -    -    yes  -    yes  yes  -    yes  yes  -    yes  -    -    -    yes

DEACTIVATED image              -    -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes
DEACTIVATED images             -    -    -    yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
DEACTIVATED GET                -    -    -    no   409  409  no   409  409  no   409  no   -    -    yes
DEACTIVATED link               -    -    -    -    -    -    -    -    -    -    -    -    -    -    -

GONE image                     -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
GONE images                    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
GONE images DELETED            -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
GONE imageByName               -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
GONE GET                       -    -    -    no   409  409  no   409  409  -    -    -    -    -    409
GONE link                      -    -    -    -    -    -    -    -    -    -    -    -    -    -    -

PUBLIC_GONE image              -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PUBLIC_GONE images DELETED     -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
PUBLIC_GONE GET                -    -    -    no   409  409  no   409  409  -    -    -    -    -    409
PUBLIC_GONE link               -    -    -    -    -    -    -    -    -    -    -    -    -    -    -

PROMOTED_GONE image            -    -    -    -    -    -    yes  yes  yes  -    -    -    -    -    yes
PROMOTED_GONE images DELETED   -    -    -    -    -    -    yes  yes  yes  -    -    -    -    -    yes
PROMOTED_GONE GET              -    -    -    -    -    -    no   409  409  -    -    -    -    -    409
PROMOTED_GONE link             -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
`

const list = (args: string) => `images(${args}) { totalCount nodes { id } }`

/** Asks for a link to the bytes, and takes it as somebody without a token. */
const throughLink: Ask = async (on, { token }, id) => {
  const { data } = await on.answer<{ image: { contentUrl: string | null } | null }>(
    token,
    'query ($id: ID!) { image(id: $id) { contentUrl } }',
    { id },
  )
  const link = data?.image?.contentUrl
  if (typeof link !== 'string') return { word: '-', text: '' }
  const { pathname, search } = new URL(link)
  return http(() => ({ path: pathname + search }))(on, { token: null, home: '' }, id)
}

/** What is asked of an image: by its id, or by its name in lists. */
const asks: Readonly<Record<string, (name: string) => Ask>> = {
  image: () => graphql('query ($id: ID!) { image(id: $id) { id } }', (id) => ({ id })),
  images: (name) => graphql(`{ ${list(`filter: { name: "${name}" }`)} }`, () => ({})),
  'images of their own': (name) =>
    graphql(
      `query ($home: ID!) { ${list(`project: $home, filter: { name: "${name}" }`)} }`,
      (_id, { home }) => ({
        home,
      }),
    ),
  'images DELETED': (name) =>
    graphql(`{ ${list(`filter: { name: "${name}", status: [DELETED] }`)} }`, () => ({})),
  imageByName: (name) =>
    graphql(
      `query ($home: ID!) { imageByName(project: $home, name: "${name}") { id } }`,
      (_id, { home }) => ({
        home,
      }),
    ),
  GET: () => http((id) => ({ path: contentPath(id) })),
  link: () => throughLink,
}

const rows = [...readTable(table)].map(([row, cells]) => {
  const [kind = '', ...asked] = row.split(' ')
  return { kind: kind as Kind, asked: asked.join(' '), cells }
})

describe.each(Object.entries(Object.groupBy(rows, ({ kind }) => kind)))(
  'an image that is %s',
  (kind, ofKind) => {
    test('is seen, listed, found and downloaded by those, and no others', async () => {
      const id = await makers[kind as Kind](service)
      const { image } = await service.graphql<{ image: { name: string } }>(
        asker('operator').token,
        'query ($id: ID!) { image(id: $id) { name } }',
        { id },
      )
      for (const { asked, cells } of ofKind) {
        const ask = asks[asked]?.(image.name)
        const found: Record<string, string | undefined> = {}
        for (const person of persons) found[person] = (await ask?.(service, asker(person), id))?.word
        expect([asked, found]).toStrictEqual([asked, cells])
      }
    })
  },
)

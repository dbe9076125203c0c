import { type GraphQLField, type GraphQLInputType, getNamedType, isInputObjectType } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { eventually } from '../support/eventually.ts'
import { historyOf } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'
import { askedSince, type Reply } from './asking.ts'
import { fieldOf, questions } from './questions.ts'
import { asker, done, type Kind, makeRecipients, makers, missing } from './world.ts'

// Every question about an image, put to an image of each kind by all who may not know of it.

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  await makeRecipients(service)
  return started.dispose
})

const strangers = ['nobody', 'stranger', 'rejected', 'revoked'] as const
const recipients = ['pending', 'accepted', 'acceptedViewer'] as const

/** Who may not know of an image of each kind that somebody may not know of. */
const unknowing: Partial<Record<Kind, readonly Person[]>> = {
  PRIVATE: [...strangers, ...recipients, 'otherProject'],
  SHARED: [...strangers, 'otherProject'],
  CREATING: [...strangers, 'otherProject'],
  ERROR: [...strangers, 'otherProject'],
  DEPRECATED: [...strangers, 'otherProject'],
  DEACTIVATED: [...strangers, 'otherProject'],
  DEACTIVATED_BY_OPERATOR: [...strangers, 'otherProject'],
  PROMOTED: strangers,
  COMMUNITY: ['nobody'],
  PUBLIC: ['nobody'],
  GONE: [...strangers, ...recipients, 'otherProject'],
  PUBLIC_GONE: [...strangers, ...recipients, 'otherProject'],
  // Its account owned it, and not the project that it came from.
  PROMOTED_GONE: [...strangers, ...recipients, 'otherProject', 'viewer', 'collaborator', 'admin'],
}

const isGone = (kind: Kind): boolean => kind.endsWith('GONE')

/** Each kind of question once: who asks is to see nothing of any image. */
const ofImages = Object.entries(questions).filter(
  ([name, { missing: absent }]) => absent === missing.image && !/ of a (promoted|public)$/.test(name),
)

/** A rejected offer is still the recipient's to answer, while there is an image. */
const isTheirs = (name: string, person: Person, kind: Kind): boolean =>
  person === 'rejected' &&
  ['imageShareAccept', 'imageShareReject'].includes(name) &&
  !isGone(kind) &&
  !['PRIVATE', 'COMMUNITY', 'PUBLIC'].includes(kind)

/** What is answered of an id under which there is nothing: the same at all times. */
const absences = new Map<string, Reply>()
const absence = async (name: string, person: Person): Promise<Reply> => {
  const key = `${name} by ${person}`
  const known = absences.get(key) ?? (await questions[name]?.ask(service, asker(person), missing.image))
  if (known === undefined) throw new Error(`There is no question ${name}`)
  absences.set(key, known)
  return known
}

/** Made, and left alone by the service: what it does to deleted images is done. */
const settled = async (kind: Kind): Promise<string> => {
  const id = await makers[kind](service)
  if (isGone(kind))
    await eventually('its bytes are removed', async () =>
      (await historyOf(service, id, tokens.operator)).includes('ImageContentRemoved'),
    )
  return id
}

describe.each(Object.entries(unknowing) as [Kind, readonly Person[]][])(
  'of an image that is %s',
  (kind, who) => {
    test('those who may not know of it are answered as of one that is missing, and nothing is written', async () => {
      const id = await settled(kind)
      const before = await service.service.log.head()
      for (const [name, question] of ofImages)
        for (const person of who.filter((each) => !isTheirs(name, each, kind))) {
          const foreign = await question.ask(service, asker(person), id)
          const absent = await absence(name, person)
          expect([name, person, foreign.word]).toStrictEqual([name, person, '-'])
          expect(foreign.text.replaceAll(id, '<id>')).toBe(absent.text.replaceAll(missing.image, '<id>'))
        }
      expect(await askedSince(service, before)).toStrictEqual([])
    })
  },
)

test('an image that was offered to somebody, and is not any more, is as if it never had been', async () => {
  const id = await settled('SHARED')
  await done(service, 'admin', 'imageSetVisibility', { image: id, visibility: 'PRIVATE' })
  for (const [name, question] of ofImages)
    for (const person of [...recipients, 'rejected'] as const) {
      const foreign = await question.ask(service, asker(person), id)
      expect(foreign.text.replaceAll(id, '<id>')).toBe(
        (await absence(name, person)).text.replaceAll(missing.image, '<id>'),
      )
    }
})

/** The fields of the schema that take the id of an image to ask about or to change. */
const takingImages = (): readonly string[] => {
  const isImage = ({ name, type }: { name: string; type: GraphQLInputType }) =>
    name === 'image' && getNamedType(type).name === 'ID'
  const takes = ({ name, args }: GraphQLField<unknown, unknown>) =>
    name === 'image' ||
    args.some((arg) => {
      const type = getNamedType(arg.type)
      return isImage(arg) || (isInputObjectType(type) && Object.values(type.getFields()).some(isImage))
    })
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((root) =>
    Object.values(root?.getFields() ?? {})
      .filter(takes)
      .map(({ name }) => name),
  )
}

test('every field that takes an image, and every route that takes one, is among the questions', () => {
  const asked = new Set(ofImages.map(([name]) => fieldOf(name)))
  expect([...asked].sort()).toStrictEqual([...takingImages(), 'PUT', 'GET', 'HEAD', 'POST /uploads'].sort())
})

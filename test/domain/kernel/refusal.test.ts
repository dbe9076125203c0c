import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  featureDisabled,
  forbidden,
  idempotencyConflict,
  imageLimitReached,
  imageProtected,
  invalidInput,
  invalidInputFrom,
  invalidState,
  nameTaken,
  notFound,
  type Refusal,
  refusalCode,
  revisionConflict,
} from '../../../src/domain/kernel/refusal.ts'

test.each<[string, Refusal, string]>([
  ['NOT_FOUND', notFound('image', 'x'), 'There is no image "x" that you may see.'],
  [
    'FORBIDDEN',
    forbidden('COLLABORATOR', 'change this image'),
    'To change this image takes the role COLLABORATOR.',
  ],
  [
    'FORBIDDEN',
    forbidden('OPERATOR', 'create accounts'),
    'Only operators of the platform may create accounts.',
  ],
  [
    'INVALID_INPUT',
    invalidInput([
      { path: ['source', 'upload'], message: 'must be given' },
      { path: [], message: 'is too much' },
    ]),
    'source.upload: must be given; is too much',
  ],
  [
    'NAME_TAKEN',
    nameTaken('debian', 'project "web"'),
    'The name "debian" is taken in project "web": choose another.',
  ],
  ['INVALID_STATE', invalidState('DELETED', 'It is gone.'), 'It is gone.'],
  [
    'REVISION_CONFLICT',
    revisionConflict(3, 5),
    'It is at revision 5, not 3: somebody changed it first. Read it again and decide anew.',
  ],
  [
    'IDEMPOTENCY_CONFLICT',
    idempotencyConflict(),
    'This idempotencyKey came before with other content: take a new key for a new command.',
  ],
  [
    'IMAGE_LIMIT_REACHED',
    imageLimitReached(10, 12),
    'Maximum image limit reached: 12 of 10 in use. Delete an unused image or ask the operator to raise the limit.',
  ],
  ['FEATURE_DISABLED', featureDisabled('ams'), 'Image feature is not enabled for location "ams".'],
  ['IMAGE_PROTECTED', imageProtected(), 'The image is protected: set protected to false first.'],
])('%s says what was wrong and what would be right', (code, refusal, message) => {
  expect(refusalCode(refusal)).toBe(code)
  expect(refusal.message).toBe(message)
})

test('A long id is cut short in the answer', () => {
  expect(notFound('project', 'x'.repeat(10_000)).message).toBe(
    `There is no project "${'x'.repeat(80)}…" that you may see.`,
  )
})

test('What zod finds becomes a path and a sentence each, and no more than twenty', () => {
  const schema = z.object({ list: z.array(z.string('must be text')) })
  const found = schema.safeParse({ list: Array.from({ length: 30 }, (_, index) => index) })
  const refusal = found.error === undefined ? null : invalidInputFrom(found.error)
  expect(refusal?.issues).toStrictEqual(
    Array.from({ length: 20 }, (_, index) => ({ path: ['list', String(index)], message: 'must be text' })),
  )
})

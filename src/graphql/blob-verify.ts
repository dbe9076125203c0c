import { blobVerify, type Verified } from '../application/use-cases/blob-verify.ts'
import { listed } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { Image } from './image.ts'
import { refusalTypes, resultType } from './refusals.ts'

const BlobVerification = builder.objectRef<Verified>('BlobVerification').implement({
  description: 'The bytes of an image were read again, and are what they were when they came.',
  fields: (t) => ({
    image: t.field({ type: Image, ...handed, resolve: ({ image }) => image }),
    sha256: t.exposeString('sha256', handed),
    sizeBytes: t.expose('sizeBytes', { type: 'Bytes', ...handed }),
    verifiedAt: t.expose('verifiedAt', { type: 'DateTime', ...handed }),
  }),
})

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'InvalidState', 'IntegrityError'] as const
const BlobVerifyResult = builder.unionType('BlobVerifyResult', {
  types: [BlobVerification, ...refusalTypes(refusals)],
  resolveType: resultType('BlobVerification'),
})

const BlobVerifyInput = builder.inputType('BlobVerifyInput', {
  fields: (t) => ({ image: t.id({ required: true }), reason: t.string() }),
})

builder.mutationField('blobVerify', (t) =>
  t.field({
    type: BlobVerifyResult,
    description:
      'Reads the bytes of an image again and holds them against their digest: damage is an INTEGRITY_ERROR. For operators.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: BlobVerifyInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const verified = await blobVerify(context.services)(callerOf(context), input)()
      return verified._tag === 'Left' ? listed(verified.left, refusals) : verified.right
    },
  }),
)

import { getNamedType, isUnionType } from 'graphql'
import { schema } from '../../src/graphql/schema.ts'
import type { Client } from './client.ts'
import { PROJECT, tokens } from './tokens.ts'

/** What came of a mutation: the thing, or why not, with the fields below. */
export interface Outcome {
  readonly __typename: string
  readonly id?: string
  readonly revision?: number
  readonly code?: string
  readonly [field: string]: unknown
}

// Aliases where two types of one union have a field of one name and not of one type.
const selections: Readonly<Record<string, string>> = {
  Account: 'id name imageLimit imageCount',
  BillingPeriod: 'month status sealAt',
  Budget: 'account { id } limit { amount currency } thresholds { percent basis }',
  FeatureDisabled: 'code message location',
  Forbidden: 'code message requiredRole',
  IdempotencyConflict: 'code message',
  Image: 'id name status revision',
  ImageLimitReached: 'code message limit inUse',
  ImageProtected: 'code message',
  InvalidInput: 'code message issues { path message }',
  InvalidState: 'code message found: status',
  Location: 'id name imagesEnabled',
  NameTaken: 'code message taken: name',
  NotFound: 'code message',
  Project: 'id name account { id }',
  RevisionConflict: 'code message currentRevision',
  StorageRate: 'id ratePerGbMonth currency effectiveFrom',
  Share: 'image { id } project { id name } status note: message offeredBy offeredAt expiresAt decidedAt',
}

const fieldsOf = (mutation: string) => {
  const field = schema.getMutationType()?.getFields()[mutation]
  const union = field && getNamedType(field.type)
  if (field === undefined || !isUnionType(union)) throw new Error(`There is no mutation ${mutation}`)
  return { input: String(field.args[0]?.type), types: union.getTypes().map(({ name }) => name) }
}

/** The text of a mutation that asks for all of what an Outcome may have. */
export const mutationText = (mutation: string): string => {
  const { input, types } = fieldsOf(mutation)
  const parts = types.map((name) => `... on ${name} { ${selections[name]} }`)
  return `mutation ($input: ${input}) { ${mutation}(input: $input) { __typename ${parts.join(' ')} } }`
}

/** Carries a mutation out; refusals are outcomes too. Throws for top-level errors. */
export const command = async (
  client: Client,
  token: string,
  mutation: string,
  input: object,
): Promise<Outcome> => {
  const data = await client.graphql<Record<string, Outcome>>(token, mutationText(mutation), { input })
  const outcome = data[mutation]
  if (outcome === undefined) throw new Error(`${mutation} answered nothing`)
  return outcome
}

/** imageCreate with bytes to follow, in project `web` unless said otherwise. */
export const create = (
  client: Client,
  input: object,
  token: string = tokens.collaborator,
): Promise<Outcome> =>
  command(client, token, 'imageCreate', { project: PROJECT, source: { upload: {} }, ...input })

/** Registers an image and gives its id. Throws where it is refused. */
export const register = async (client: Client, name: string, upload: object = {}): Promise<string> => {
  const outcome = await create(client, { name, source: { upload } })
  if (outcome.id === undefined) throw new Error(`${name} was refused: ${JSON.stringify(outcome)}`)
  return outcome.id
}

/** Registers an image, sends its bytes, and gives its id. Throws unless it became AVAILABLE. */
export const available = async (client: Client, name: string, bytes: Uint8Array): Promise<string> => {
  const id = await register(client, name)
  const { status, body } = await client.upload(tokens.collaborator, id, bytes)
  if (status !== 201) throw new Error(`The upload was refused: ${body}`)
  return id
}

/** Some fields of an image; null where there is none for this token. */
export const imageOf = async <Fields>(
  client: Client,
  id: string,
  fields: string,
  token: string = tokens.collaborator,
): Promise<Fields | null> => {
  const query = `query ($id: ID!) { image(id: $id) { ${fields} } }`
  return (await client.graphql<{ image: Fields | null }>(token, query, { id })).image
}

/** The types of an image's events, oldest first. */
export const historyOf = async (
  client: Client,
  id: string,
  token: string = tokens.collaborator,
): Promise<readonly string[]> => {
  const image = await imageOf<{ history: { nodes: { type: string }[] } }>(
    client,
    id,
    'history(first: 100) { nodes { type } }',
    token,
  )
  return image?.history.nodes.map(({ type }) => type) ?? []
}

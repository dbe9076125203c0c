import { createHash } from 'node:crypto'
import type { Client } from '../support/client.ts'
import { rawDisk } from '../support/images.ts'
import { command } from '../support/library.ts'
import type { Random } from '../support/random.ts'
import { PROJECT, signedToken } from '../support/tokens.ts'

/** An image as it must be found, for this was acknowledged, or might be, for it was asked for. */
export interface Known {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly os: string | null
  readonly tags: readonly string[]
  readonly sha256: string | null
  /** The types of its events, without those of the service itself. */
  readonly types: readonly string[]
}

/** What was asked for when the service died: nobody knows whether it was done. */
export interface Doubt {
  /** Null for the bytes of an image, which are sent anew. */
  readonly mutation: { readonly name: string; readonly input: object } | null
  /** Null for an image that is perhaps not there. */
  readonly before: Known | null
  readonly after: Known
}

/** Names that all workers want: some must be told that they are taken. */
const SHARED_NAMES = 40
const LARGEST_IMAGE = 200_000

/** A user who changes images of their own, one change after the other, and remembers what was acknowledged. */
export class Worker {
  readonly images = new Map<string, Known>()
  doubt: Doubt | null = null
  readonly #random: Random
  readonly #token: string
  #changes = 0

  private constructor(token: string, random: Random) {
    this.#token = token
    this.#random = random
  }

  static async begin(name: string, random: Random): Promise<Worker> {
    return new Worker(await signedToken({ sub: name, projects: { [PROJECT]: 'collaborator' } }), random)
  }

  /** One random change. Rejects where no answer comes: then it is in doubt. */
  async change(client: Client): Promise<void> {
    const dice = this.#random(100)
    const living = [...this.images.values()].filter(({ status }) => status !== 'DELETED')
    const image = living[this.#random(living.length)]
    if (image === undefined || dice < 30) return this.#create(client)
    if (dice < 45) return this.#rename(client, image)
    if (dice < 60) return this.#describe(client, image)
    if (dice < 70) return this.#delete(client, image)
    const waiting = living.find(({ status }) => status === 'CREATING')
    return waiting === undefined ? this.#create(client) : this.#upload(client, waiting)
  }

  /** After a restart: a command in doubt is sent again under its key, and must come to what it would have come to. */
  async settleDoubt(client: Client): Promise<void> {
    const { doubt } = this
    if (doubt?.mutation) await this.#carryOut(client, doubt.mutation.name, doubt.mutation.input, doubt)
    this.doubt = null
  }

  #create(client: Client): Promise<void> {
    const name = this.#name()
    const after = {
      id: '',
      name,
      status: 'CREATING',
      os: null,
      tags: [],
      sha256: null,
      types: ['ImageRegistered'],
    }
    const input = { project: PROJECT, name, source: { upload: {} } }
    return this.#carryOut(client, 'imageCreate', input, { before: null, after })
  }

  #rename(client: Client, image: Known): Promise<void> {
    const name = this.#name()
    if (name === image.name) return this.#describe(client, image)
    const after = { ...image, name, types: [...image.types, 'ImageRenamed'] }
    return this.#carryOut(client, 'imageUpdate', { image: image.id, name }, { before: image, after })
  }

  #describe(client: Client, image: Known): Promise<void> {
    const [os, tag] = [`os${this.#count()}`, `t${String(this.#count()).padStart(6, '0')}`]
    const types = [...image.types, 'ImageDescribed', 'ImageTagsChanged']
    const after = { ...image, os, tags: [...image.tags, tag], types }
    return this.#carryOut(
      client,
      'imageUpdate',
      { image: image.id, os, addTags: [tag] },
      { before: image, after },
    )
  }

  #delete(client: Client, image: Known): Promise<void> {
    const types = [...image.types, 'ImageDeletionRequested', 'ImageDeleted']
    const after = { ...image, status: 'DELETED', types }
    return this.#carryOut(client, 'imageDelete', { image: image.id }, { before: image, after })
  }

  async #upload(client: Client, image: Known): Promise<void> {
    const bytes = rawDisk(1 + this.#random(LARGEST_IMAGE), this.#random(2 ** 31))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const types = [...image.types, 'ImageContentStored', 'ImageBecameAvailable']
    const after = { ...image, status: 'AVAILABLE', sha256, types }
    this.doubt = { mutation: null, before: image, after }
    const { status, body } = await client.upload(this.#token, image.id, bytes)
    if (status !== 201) throw new Error(`The upload was refused: ${body}`)
    this.#acknowledge(after)
  }

  async #carryOut(
    client: Client,
    name: string,
    given: object,
    { before, after }: Pick<Doubt, 'before' | 'after'>,
  ): Promise<void> {
    const input = { idempotencyKey: crypto.randomUUID(), ...given }
    this.doubt = { mutation: { name, input }, before, after }
    const outcome = await command(client, this.#token, name, input)
    if (outcome.id !== undefined) return this.#acknowledge({ ...after, id: outcome.id })
    if (outcome.code !== 'NAME_TAKEN') throw new Error(`${name} was refused: ${JSON.stringify(outcome)}`)
    this.doubt = null
  }

  #acknowledge(image: Known): void {
    this.images.set(image.id, image)
    this.doubt = null
  }

  #name(): string {
    return this.#random(3) === 0 ? `shared-${this.#random(SHARED_NAMES)}` : `n${crypto.randomUUID()}`
  }

  #count(): number {
    this.#changes += 1
    return this.#changes
  }
}

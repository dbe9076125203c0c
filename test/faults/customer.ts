import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Answer, type Client, type HttpAnswer, jsonOf } from '../support/client.ts'
import { rawDisk } from '../support/images.ts'
import { mutationText, type Outcome } from '../support/library.ts'
import type { Random } from '../support/random.ts'
import { ACCOUNT, PROJECT, signedToken } from '../support/tokens.ts'

/** An event that must be in the log once: of this image, of this type, and with this text in its data. */
export interface Fact {
  readonly image: string
  readonly type: string
  readonly holds: string
}

/** An image of a customer: a lasting one is changed again and again, a passing one comes to its end. */
interface Held {
  readonly id: string
  readonly lasts: boolean
  hasBytes: boolean
}

export interface CustomerOptions {
  readonly name: string
  readonly random: Random
  /** The node to ask next: asked for each attempt. */
  readonly node: () => Client
  /** By the clock of the nodes, in milliseconds since 1970. */
  readonly now?: () => number
}

/** After these the same again, under the same key, is the right thing to do. */
const PASSING: readonly unknown[] = ['STORE_UNAVAILABLE', 'STALE_READ', 'BUSY', 'CONFLICT']
const PAUSE_MS = 50
/** What is announced falls due so soon. */
const SOON_MS = 1_000
const LATER_MS = 1_500

/**
 * A user who changes images of their own through whichever node is there, sends what was not answered again under its key,
 * and remembers what must be in the log for it.
 */
export class Customer {
  /** What was acknowledged. */
  readonly acknowledged: Fact[] = []
  /** What the service has to do by itself in consequence. */
  readonly promised: Fact[] = []
  /** How often each code was heard; UNREACHABLE where no answer came. */
  readonly heard = new Map<string, number>()
  readonly #token: string
  readonly #options: CustomerOptions
  #images: Held[] = []
  #names = 0
  #position = '0'

  private constructor(token: string, options: CustomerOptions) {
    this.#token = token
    this.#options = options
  }

  static async of(options: CustomerOptions): Promise<Customer> {
    const claims = { sub: options.name, account: ACCOUNT, projects: { [PROJECT]: 'collaborator' } }
    return new Customer(await signedToken(claims), options)
  }

  /** How often it was told to come again, or was not answered. */
  get outages(): number {
    return [...this.heard.values()].reduce((sum, times) => sum + times, 0)
  }

  /** One random change. Resolves when it is acknowledged; rejects where it is refused, or answered otherwise the second time. */
  async change(): Promise<void> {
    const dice = this.#options.random(100)
    const image = this.#images[this.#options.random(this.#images.length)]
    if (image === undefined || dice < 25) return this.#create()
    if (!image.hasBytes && dice < 50) return this.#upload(image)
    if (image.lasts)
      return dice < 65 ? this.#rename(image) : dice < 80 ? this.#tag(image) : this.#offer(image)
    return dice < 75 ? this.#delete(image) : this.#retire(image)
  }

  async #create(): Promise<void> {
    const name = this.#name()
    const { id = '' } = await this.#insist('imageCreate', { project: PROJECT, name, source: { upload: {} } })
    this.#images.push({ id, lasts: this.#options.random(2) === 0, hasBytes: false })
    this.#acknowledge(id, 'ImageRegistered', name)
  }

  async #rename({ id }: Held): Promise<void> {
    const name = this.#name()
    await this.#insist('imageUpdate', { image: id, name })
    // Beside the name that it had.
    this.#acknowledge(id, 'ImageRenamed', `"name":"${name}"`)
  }

  async #tag({ id }: Held): Promise<void> {
    const tag = this.#name()
    await this.#insist('imageUpdate', { image: id, addTags: [tag] })
    this.#acknowledge(id, 'ImageTagsChanged', tag)
  }

  async #offer({ id }: Held): Promise<void> {
    const project = this.#name()
    const outcome = await this.#insist('imageShare', { image: id, project, expiresAt: this.#in(SOON_MS) })
    // It took so long to get through that the offer would be over.
    if (outcome.code === 'INVALID_INPUT') return
    this.#acknowledge(id, 'ImageShared', project)
    this.promised.push({ image: id, type: 'ImageShareExpired', holds: project })
  }

  async #delete(image: Held): Promise<void> {
    await this.#insist('imageDelete', { image: image.id })
    this.#acknowledge(image.id, 'ImageDeletionRequested', '')
    this.#end(image)
  }

  async #retire(image: Held): Promise<void> {
    const dates = { obsoleteAt: this.#in(SOON_MS), deleteAt: this.#in(LATER_MS) }
    const outcome = await this.#insist('imageDeprecate', {
      image: image.id,
      reason: 'its time is over',
      ...dates,
    })
    if (outcome.code === 'INVALID_INPUT') return
    this.#acknowledge(image.id, 'ImageDeprecated', dates.deleteAt)
    for (const type of ['ImageObsoleted', 'ImageDeletionRequested'])
      this.promised.push({ image: image.id, type, holds: '' })
    this.#end(image)
  }

  #end({ id, hasBytes }: Held): void {
    this.#images = this.#images.filter((other) => other.id !== id)
    for (const type of hasBytes ? ['ImageDeleted', 'ImageContentRemoved'] : ['ImageDeleted'])
      this.promised.push({ image: id, type, holds: '' })
  }

  async #upload(image: Held): Promise<void> {
    const bytes = rawDisk(1 + this.#options.random(20_000), this.#options.random(2 ** 31))
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#heard(() => this.#options.node().upload(this.#token, image.id, bytes))
      const code = answer === null || answer.status === 201 ? null : jsonOf<{ code: string }>(answer).code
      // An earlier attempt got through, and the answer to it did not.
      if (answer?.status === 201 || (attempt > 1 && code === 'INVALID_STATE')) break
      if (answer !== null && !PASSING.includes(code))
        throw new Error(`The upload was refused: ${answer.body}`)
      await this.#comeAgain(code)
    }
    image.hasBytes = true
    this.#acknowledge(image.id, 'ImageContentStored', '')
  }

  /** The same command under the same key until it is answered, and now and then once more, through whichever node. */
  async #insist(mutation: string, given: object): Promise<Outcome> {
    const input = { idempotencyKey: crypto.randomUUID(), ...given }
    const outcome = await this.#answered(mutation, input)
    if (outcome.code !== undefined && outcome.code !== 'INVALID_INPUT')
      throw new Error(`${mutation} was refused: ${JSON.stringify(outcome)}`)
    if (outcome.code === undefined && this.#options.random(4) === 0)
      expect(thingOf(await this.#answered(mutation, input))).toStrictEqual(thingOf(outcome))
    return outcome
  }

  async #answered(mutation: string, input: object): Promise<Outcome> {
    for (;;) {
      // At least as new as what this customer was told before, whoever told it.
      const extensions = { minPosition: this.#position }
      const answer: Answer<Record<string, Outcome>> | null = await this.#heard(() =>
        this.#options.node().answer(this.#token, mutationText(mutation), { input }, extensions),
      )
      const outcome = answer?.data?.[mutation]
      const code = answer?.errors[0]?.extensions.code ?? outcome?.code ?? null
      if (outcome !== undefined && !PASSING.includes(code)) {
        this.#position = answer?.extensions.position ?? this.#position
        return outcome
      }
      if (answer !== null && !PASSING.includes(code)) throw new Error(`${mutation} answered ${answer.text}`)
      await this.#comeAgain(code)
    }
  }

  /** Null where no answer came. */
  async #heard<Given extends Answer | HttpAnswer>(ask: () => Promise<Given>): Promise<Given | null> {
    return ask().catch(() => null)
  }

  async #comeAgain(code: string | null): Promise<void> {
    const heard = code ?? 'UNREACHABLE'
    this.heard.set(heard, (this.heard.get(heard) ?? 0) + 1)
    await sleep(PAUSE_MS)
  }

  #acknowledge(image: string, type: string, holds: string): void {
    this.acknowledged.push({ image, type, holds })
  }

  #name(): string {
    this.#names += 1
    return `${this.#options.name}-${String(this.#names).padStart(5, '0')}`
  }

  #in(ms: number): string {
    return new Date((this.#options.now ?? Date.now)() + ms).toISOString()
  }
}

/** What of an outcome does not move on meanwhile. */
const thingOf = ({ __typename, id, image, project }: Outcome): Outcome => ({
  __typename,
  ...(id === undefined ? { image, project } : { id }),
})

/** Everybody makes changes, one after the other each, until it is enough. */
export const keepChanging = async (
  customers: readonly Customer[],
  isEnough: () => boolean,
): Promise<void> => {
  await Promise.all(
    customers.map(async (customer) => {
      while (!isEnough()) await customer.change()
    }),
  )
}

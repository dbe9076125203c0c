import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { testSize } from '../support/size.ts'
import { tempDirectory } from '../support/temp.ts'
import type { Asked } from './asked.ts'
import { families, names, type Step, sender, settle, stepsOf } from './commands.ts'
import { Model } from './model.ts'
import { observe } from './observe.ts'
import { Watched } from './service.ts'
import { type View, viewOf } from './views.ts'
import { makeWorld, operator, type Person, people } from './world.ts'

// Random commands by random callers: the service answers each as the model does, and shows everybody what the model shows.

/** A command in one line, for whoever reads a failure. */
const lineOf = (by: Person, asked: Asked): string => {
  const brief = (_key: string, value: unknown) =>
    value !== null && typeof value === 'object' && 'label' in value ? value.label : value
  return `${by.sub}: ${JSON.stringify(asked, brief)}`
}

class Comparison {
  readonly #watched: Watched
  readonly #model: Model
  readonly #lines: string[] = []

  constructor(watched: Watched, model: Model) {
    this.#watched = watched
    this.#model = model
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'a day passes') {
      this.#model.day += 1
      this.#lines.push('a day passes')
      await this.#watched.wakeOn(this.#model.day)
      await this.#settled()
      return this.look(people.filter((_, n) => n % 4 === 0))
    }
    const asked = settle(this.#model, step)
    const by = sender(step, asked)
    const { type, id } = await this.#watched.send(by, asked)
    const answer = this.#model.answer(by, asked)
    this.#lines.push(`${lineOf(by, asked)} → ${answer}`)
    expect(type, this.#story('The answer')).toBe(answer)
    const made = this.#model.images.at(-1)
    if (asked.kind === 'imageCreate' && answer === 'Image' && made && id) this.#watched.named(made, id)
    await this.#settled()
    await this.look([by, operator, ...people.filter((_, n) => (n + step.watchers) % 9 === 0)])
  }

  /** Shows these callers what the model shows them. */
  async look(callers: readonly Person[], when = 'now'): Promise<void> {
    await Promise.all(
      [...new Set(callers)].map(async (person) => {
        const expected = this.#expected(person)
        const found = await observe(this.#watched, person, this.#model.images)
        expect(this.#tied(found, expected), this.#story(`What ${person.sub} is shown ${when}`)).toStrictEqual(
          expected,
        )
      }),
    )
  }

  async rebuild(): Promise<void> {
    await this.#watched.rebuildOn(this.#model.day)
    await this.look(people, 'after a rebuild')
  }

  /** What is due is done by the service soon after, and not at once. */
  async #settled(): Promise<void> {
    if (!this.#model.carryOut()) return
    const expected = this.#expected(operator).images
    let found: View['images'] = {}
    await eventually('what is due is done', async () => {
      found = (await observe(this.#watched, operator, this.#model.images)).images
      return isDeepStrictEqual(found, expected)
    }).catch(() => expect(found, this.#story('What is due')).toStrictEqual(expected))
  }

  #expected(person: Person): View {
    return viewOf(this.#model, person, { names, families })
  }

  /** Of releases that are equally new any may be the newest. */
  #tied(found: View, expected: View): View {
    const byFamily = Object.entries(found.byFamily).map(([key, label]) => {
      const any = expected.byFamily[key] ?? null
      return [key, label !== null && any?.split(' or ').includes(label) ? any : label]
    })
    return { ...found, byFamily: Object.fromEntries(byFamily) }
  }

  #story(what: string): string {
    return `${what}, after\n${this.#lines.join('\n')}\n`
  }
}

const play = async (steps: readonly Step[], recovers: boolean): Promise<void> => {
  const watched = await Watched.start(await tempDirectory(), recovers)
  try {
    await makeWorld(watched.service)
    const comparison = new Comparison(watched, new Model(recovers))
    for (const step of steps) await comparison.take(step)
    await comparison.look(people)
    await comparison.rebuild()
  } finally {
    await watched.stop()
  }
}

const sequences = testSize(10, 150)
const length = testSize(25, 60)

test(
  'Whatever is done to images and by whom, everybody is answered and shown what the rules say, and the same after a rebuild',
  async () => {
    await fc.assert(
      fc.asyncProperty(stepsOf(length), fc.boolean(), play),
      // To find a smaller example takes long: only where there is time.
      { numRuns: sequences, endOnFailure: testSize(1, 0) === 1 },
    )
  },
  testSize(120_000, 7_200_000),
)

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { rawDisk } from '../support/images.ts'
import { command } from '../support/library.ts'
import { startOn, type TestService } from '../support/service.ts'
import type { Answer, Asked } from './asked.ts'
import type { ModelImage } from './who.ts'
import { type Person, tokenOf } from './world.ts'

/** The service under the model's eyes: a day of the model's calendar is a day of its clock. */

const HOUR = 3_600_000
const FIRST_DAY = Date.parse('2026-03-01T00:00:00Z')
const PATIENCE_MS = 30_000
const UNKNOWN = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'

/** Dates lie between the days, so that a day is before or after them whatever time of it it is. */
const dateOf = (day: number | null): string | null =>
  day === null ? null : new Date(FIRST_DAY + (24 * day - 12) * HOUR).toISOString()

const goodBytes = rawDisk(4_096, 1)
/** What an image whose size is declared to be that of the good bytes does not take. */
const badBytes = rawDisk(1_024, 2)

export class Watched {
  #service: TestService
  readonly #directory: string
  readonly #recoveryHours: number
  readonly #ids = new Map<ModelImage, string>()

  private constructor(service: TestService, directory: string, recoveryHours: number) {
    this.#service = service
    this.#directory = directory
    this.#recoveryHours = recoveryHours
  }

  static async start(directory: string, recovers: boolean): Promise<Watched> {
    const hours = recovers ? 1 : 0
    return new Watched(await startAt(directory, hours, 0), directory, hours)
  }

  get service(): TestService {
    return this.#service
  }

  stop(): Promise<void> {
    return this.#service.stop()
  }

  /** Goes on at the beginning of that day. */
  async wakeOn(day: number): Promise<void> {
    await this.stop()
    this.#service = await startAt(this.#directory, this.#recoveryHours, day)
  }

  /** Goes on with nothing but the log, on the same day. */
  async rebuildOn(day: number): Promise<void> {
    await this.stop()
    await rm(join(this.#directory, 'read-models'), { recursive: true })
    this.#service = await startAt(this.#directory, this.#recoveryHours, day)
  }

  /** The id of an image, or one that no image has. */
  idOf(image: ModelImage | null): string {
    return (image && this.#ids.get(image)) ?? UNKNOWN
  }

  /** What the service calls an image that it just made. */
  named(image: ModelImage, id: string): void {
    this.#ids.set(image, id)
  }

  /** The type of the answer, and the id of what was made or changed. */
  async send(by: Person, asked: Asked): Promise<{ readonly type: string; readonly id: string | null }> {
    if (asked.kind === 'upload') {
      const bytes = asked.fit ? goodBytes : badBytes
      const { status } = await this.#service.upload(tokenOf(by), this.idOf(asked.image), bytes)
      return { type: uploadAnswers[status] ?? `status ${status}`, id: null }
    }
    const { kind } = asked
    const { __typename: type, id } = await command(this.#service, tokenOf(by), kind, this.#inputOf(asked))
    return { type, id: id ?? null }
  }

  #inputOf(asked: Exclude<Asked, { kind: 'upload' }>): object {
    switch (asked.kind) {
      case 'imageCreate': {
        const { kind, ...input } = asked
        return { ...input, source: { upload: { sizeBytes: String(goodBytes.length) } } }
      }
      case 'imageShare': {
        const { project, message, expiresOn } = asked
        const image = this.idOf(asked.image)
        return { image, project, message, expiresAt: dateOf(expiresOn) }
      }
      case 'imageDeprecate': {
        const { image, replacement, obsoleteOn, deleteOn } = asked
        return {
          image: this.idOf(image),
          replacement: replacement === undefined ? null : this.idOf(replacement),
          obsoleteAt: dateOf(obsoleteOn),
          deleteAt: dateOf(deleteOn),
        }
      }
      default: {
        const { kind, ...input } = asked
        return 'image' in input ? { ...input, image: this.idOf(input.image) } : input
      }
    }
  }
}

const uploadAnswers: Readonly<Record<number, Answer>> = {
  201: 'Stored',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'InvalidState',
  422: 'ContentRefused',
}

const startAt = async (directory: string, recoveryHours: number, day: number): Promise<TestService> => {
  const service = await startOn(directory, {
    DELETE_RECOVERY_HOURS: String(recoveryHours),
    CLOCK_START: new Date(FIRST_DAY + 24 * day * HOUR).toISOString(),
  })
  await service.service.projections.waitFor('catalog', await service.service.log.head(), PATIENCE_MS)
  return service
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const PREFIX = 'image_ledger_'

/** What one service measures of itself. Not the library's own registry: several services may run in one process. */
export class Measures {
  readonly #registry = new Registry()
  readonly #looks: (() => void | Promise<void>)[] = []

  /** How often something happened; its name ends in `_total`. */
  counter<Label extends string>(name: string, help: string, labels: readonly Label[] = []): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames: labels, registers: [this.#registry] })
  }

  /** How much of something there is right now. */
  gauge<Label extends string>(name: string, help: string, labels: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name: PREFIX + name, help, labelNames: labels, registers: [this.#registry] })
  }

  /** How long something took, in seconds, and so how often it happened. */
  durations<Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    buckets: readonly number[],
  ): Histogram<Label> {
    const registers = [this.#registry]
    return new Histogram({ name: PREFIX + name, help, labelNames: labels, buckets: [...buckets], registers })
  }

  /** Looks something up whenever somebody reads; a look that fails leaves the others alone. */
  beforeReading(look: () => void | Promise<void>): void {
    this.#looks.push(look)
  }

  /** Everything in Prometheus's text format. */
  async text(): Promise<string> {
    await Promise.allSettled(this.#looks.map(async (look) => look()))
    return Registry.merge([this.#registry, ofProcess()]).metrics()
  }

  readonly contentType: string = this.#registry.contentType
}

let processRegistry: Registry | null = null

/** Of the process, as the library takes it: once, however many services run in it. */
const ofProcess = (): Registry => {
  if (processRegistry !== null) return processRegistry
  processRegistry = new Registry()
  collectDefaultMetrics({ register: processRegistry })
  return processRegistry
}

/** Seconds since a moment of performance.now(). */
export const secondsSince = (begun: number): number => (performance.now() - begun) / 1000

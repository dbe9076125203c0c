import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** The network between a client and a server of this machine, which a test can cut or freeze. */
export class Wire {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  readonly #stranded: (readonly [Socket, Socket])[] = []
  #frozen = false
  #connections = 0

  private constructor(toPort: () => number) {
    this.#server = createServer((near) => {
      this.#connections += 1
      const far = connect(toPort(), '127.0.0.1')
      const pair = [near, far] as const
      this.#pairs.add(pair)
      for (const [one, other] of [pair, [far, near]] as const) {
        one.setNoDelay()
        one.on('error', () => undefined)
        one.on('close', () => {
          other.destroy()
          this.#pairs.delete(pair)
        })
      }
      if (!this.#frozen) join(pair)
    })
  }

  static async to(toPort: () => number): Promise<Wire> {
    const wire = new Wire(toPort)
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve))
    return wire
  }

  get url(): string {
    return `esdb://127.0.0.1:${(this.#server.address() as AddressInfo).port}?tls=false`
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#connections
  }

  /** Everything is taken at first, then nothing, and nothing comes: as from a process that was stopped. */
  freeze(): void {
    this.#frozen = true
    for (const [near, far] of this.#pairs)
      for (const socket of [near, far]) {
        socket.unpipe()
        socket.pause()
      }
  }

  /** What was under way goes on as if nothing had been. */
  thaw(): void {
    this.#frozen = false
    for (const pair of this.#pairs) join(pair)
  }

  /** The connections that there are fall silent for good; new ones are as they should be. */
  strand(): void {
    this.freeze()
    this.#frozen = false
    this.#stranded.push(...this.#pairs)
    this.#pairs.clear()
  }

  /** Every connection is lost. */
  cut(): void {
    for (const pair of [...this.#pairs, ...this.#stranded])
      for (const socket of pair) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const join = ([near, far]: readonly [Socket, Socket]): void => {
  near.pipe(far)
  far.pipe(near)
}

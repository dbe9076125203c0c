import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import features from '@eventstore/db-client/generated/serverfeatures_pb.js'
import type streams from '@eventstore/db-client/generated/streams_pb.js'
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { type Misbehaviour, notLeader, notReady, refusal, tooLarge, wellBehaved } from './faults.ts'
import { type Kept, MemoryLog, type Proposed } from './memory-log.ts'
import {
  appendAnswer,
  type BatchError,
  batchAnswer,
  batchError,
  confirmation,
  eventMessage,
  expectedInAppend,
  expectedInBatch,
  notFoundMessage,
  proposedEvent,
  streamOf,
} from './messages.ts'

type ReadReq = InstanceType<typeof streams.ReadReq>
type ReadResp = InstanceType<typeof streams.ReadResp>
type BatchAppendReq = InstanceType<typeof streams.BatchAppendReq>
type BatchAppendResp = InstanceType<typeof streams.BatchAppendResp>
type AppendReq = InstanceType<typeof streams.AppendReq>
type AppendResp = InstanceType<typeof streams.AppendResp>

// The generated services are CommonJS with exports that Node cannot see from outside.
const require = createRequire(import.meta.url)
const { StreamsService } = require('@eventstore/db-client/generated/streams_grpc_pb.js') as {
  StreamsService: ServiceDefinition
}
const { ServerFeaturesService } = require('@eventstore/db-client/generated/serverfeatures_grpc_pb.js') as {
  ServerFeaturesService: ServiceDefinition
}

/**
 * A server that speaks EventStoreDB's protocol to the unmodified client and misbehaves when it is told to. It proves how the
 * adapter uses the client; what a real server does only a real one shows (npm run test:eventstore).
 */
export class StandInServer {
  readonly log: MemoryLog
  readonly faults: Misbehaviour = { ...wellBehaved }
  readonly #server = new Server({
    'grpc.max_receive_message_length': 32 * 1024 * 1024,
    // As many calls on one connection as the real one takes.
    'grpc.max_concurrent_streams': 100,
  })
  readonly #subscriptions = new Set<ServerWritableStream<ReadReq, ReadResp>>()
  readonly #reads = new Set<ServerWritableStream<ReadReq, ReadResp>>()
  #port = 0
  #batches = 0
  #lost = false

  private constructor(log: MemoryLog) {
    this.log = log
  }

  /** `port` 0: any that is free. `log`: what an earlier server kept. */
  static async start(log = new MemoryLog(), port = 0): Promise<StandInServer> {
    const standIn = new StandInServer(log)
    await standIn.#listen(port)
    return standIn
  }

  async #listen(port: number): Promise<void> {
    this.#server.addService(StreamsService, {
      read: this.#read,
      append: this.#append,
      batchAppend: this.#batchAppend,
    })
    this.#server.addService(ServerFeaturesService, { getSupportedMethods: this.#supported })
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      )
    })
  }

  get port(): number {
    return this.#port
  }

  /** How many reads are under way, subscriptions apart. */
  get openReads(): number {
    return this.#reads.size
  }

  /** How many subscriptions there are. */
  get subscriptions(): number {
    return this.#subscriptions.size
  }

  /** How many streams of batches were begun. */
  get batchStreams(): number {
    return this.#batches
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.#port}?tls=false`
  }

  /** Ends the streams of all subscribers in order, as a server that is shut down does. */
  endSubscriptions(): void {
    for (const call of this.#subscriptions) call.end()
  }

  /** Goes away without a word. */
  kill(): void {
    this.#server.forceShutdown()
  }

  readonly #supported = (_call: unknown, answer: sendUnaryData<object>): void => {
    if (this.faults.frozen) return
    if (this.faults.notReady) return void answer(notReady())
    if (this.faults.failsToSayMethods > 0) {
      this.faults.failsToSayMethods -= 1
      return void answer(refusal(status.INVALID_ARGUMENT, 'Something went wrong'))
    }
    if (this.faults.hidesMethods > 0) {
      this.faults.hidesMethods -= 1
      return
    }
    const methods = new features.SupportedMethods()
    methods.setEventStoreServerVersion('23.10.0')
    const names = this.faults.withoutBatches ? ['append', 'read'] : ['append', 'read', 'batchappend']
    for (const name of names) {
      const method = new features.SupportedMethod()
      method.setServiceName('event_store.client.streams.streams')
      method.setMethodName(name)
      methods.addMethods(method)
    }
    answer(null, methods)
  }

  readonly #read = async (call: ServerWritableStream<ReadReq, ReadResp>): Promise<void> => {
    if (this.faults.frozen) return
    if (this.faults.notReady) return void call.emit('error', notReady())
    const options = call.request.getOptions()
    if (options === undefined) return void call.end()
    if (options.hasSubscription()) return this.#subscribe(call)
    this.#reads.add(call)
    for (const end of ['finish', 'cancelled']) call.once(end, () => this.#reads.delete(call))
    const send = (events: readonly Kept[]) => sendAll(call, events, this.faults.stallsReads)
    const backwards = Number(options.getReadDirection()) === 1
    const limit = Math.min(Number(options.getCount()), 1_000_000)
    const stream = options.getStream()
    if (stream !== undefined) {
      const name = streamOf(stream.getStreamIdentifier())
      const events = this.log.stream(name)
      if (events.length === 0) call.write(notFoundMessage(name))
      const from = stream.hasRevision() ? Number(stream.getRevision()) : backwards ? events.length - 1 : 0
      await send(slice(events, from, backwards, limit))
      return
    }
    const position = options.getAll()?.getPosition()?.getCommitPosition()
    const { all } = this.log
    // Forwards with the event at the position, backwards without it.
    const place = position === undefined ? (backwards ? all.length : 0) : this.log.placeOf(BigInt(position))
    await send(slice(all, backwards ? place - 1 : place, backwards, limit))
  }

  #subscribe(call: ServerWritableStream<ReadReq, ReadResp>): void {
    if (this.faults.ignoresSubscriptions) return
    const options = call.request.getOptions()
    const from = options?.getAll()?.getPosition()?.getCommitPosition()
    const prefixes = options?.getFilter()?.getStreamIdentifier()?.getPrefixList() ?? ['']
    let place = options?.getAll()?.hasEnd()
      ? this.log.all.length
      : from === undefined
        ? 0
        : this.log.placeOf(BigInt(from) + 1n)
    call.write(confirmation())
    const send = (): void => {
      for (; place < this.log.all.length && !this.faults.frozen; place += 1) {
        const kept = this.log.all[place]
        if (kept === undefined || !prefixes.some((prefix) => kept.stream.startsWith(prefix))) continue
        call.write(eventMessage(kept))
        if (this.faults.twice) call.write(eventMessage(kept))
      }
    }
    const leave = this.log.listen(send)
    this.#subscriptions.add(call)
    call.on('cancelled', () => {
      leave()
      this.#subscriptions.delete(call)
    })
    send()
  }

  readonly #batchAppend = (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void => {
    this.#batches += 1
    const parts = new Map<
      string,
      { options: BatchAppendReq['getOptions'] extends () => infer O ? O : never; events: Proposed[] }
    >()
    call.on('data', async (request: BatchAppendReq) => {
      const correlation = request.getCorrelationId()
      const id = correlation?.getString() ?? ''
      const part = parts.get(id) ?? { options: request.getOptions(), events: [] }
      parts.set(id, part)
      part.events.push(...request.getProposedMessagesList().map(proposedEvent))
      if (!request.getIsFinal() || this.faults.frozen) return
      parts.delete(id)
      const { options } = part
      if (options === undefined) return
      const refused = this.#refusal()
      if (refused !== null) return void call.emit('error', refused)
      const stream = streamOf(options.getStreamIdentifier())
      const said = (error: BatchError) => call.write(batchError(correlation, stream, error))
      const deadline = Number(options.getDeadline()?.getSeconds() ?? 0) * 1_000
      if (deadline <= Date.now() + this.faults.clockAheadMs) return void said('Timeout')
      if (bytesOf(part.events) > this.faults.maxAppendBytes) return void said('MaximumAppendSizeExceeded')
      const outcome = this.log.append(stream, expectedInBatch(options), part.events)
      if (outcome.ok && this.#isLost()) return
      if (this.faults.lateMs > 0) await sleep(this.faults.lateMs)
      call.write(batchAnswer(correlation, stream, outcome))
      if (this.faults.answersTwice) call.write(batchAnswer(correlation, stream, outcome))
    })
    call.on('end', () => call.end())
  }

  readonly #append = (
    call: ServerReadableStream<AppendReq, AppendResp>,
    answer: sendUnaryData<AppendResp>,
  ): void => {
    const events: Proposed[] = []
    let options: InstanceType<typeof streams.AppendReq.Options> | undefined
    call.on('data', (request: AppendReq) => {
      if (request.hasOptions()) options = request.getOptions()
      const message = request.getProposedMessage()
      if (message !== undefined) events.push(proposedEvent(message))
    })
    call.on('end', async () => {
      if (options === undefined || this.faults.frozen) return
      const refused = this.#refusal()
      if (refused !== null) return answer(refused)
      if (bytesOf(events) > this.faults.maxAppendBytes) return answer(tooLarge(this.faults.maxAppendBytes))
      const outcome = this.log.append(
        streamOf(options.getStreamIdentifier()),
        expectedInAppend(options),
        events,
      )
      if (outcome.ok && this.#isLost()) return
      if (this.faults.lateMs > 0) await sleep(this.faults.lateMs)
      answer(null, appendAnswer(outcome))
    })
  }

  #isLost(): boolean {
    if (this.faults.lostAcknowledgements === 0) return false
    this.#lost = !this.#lost
    if (this.#lost) this.faults.lostAcknowledgements -= 1
    return this.#lost
  }

  #refusal() {
    if (this.faults.notReady) return notReady()
    return this.faults.leaderPort === null ? null : notLeader(this.faults.leaderPort)
  }
}

const bytesOf = (events: readonly Proposed[]): number =>
  events.reduce((bytes, { data, metadata }) => bytes + data.length + metadata.length, 0)

const slice = (events: readonly Kept[], from: number, backwards: boolean, limit: number): readonly Kept[] => {
  if (!backwards) return events.slice(from, from + limit)
  const last = Math.min(from, events.length - 1)
  return last < 0 ? [] : events.slice(Math.max(0, last - limit + 1), last + 1).toReversed()
}

/** As fast as the reader takes them. */
const sendAll = async (
  call: ServerWritableStream<ReadReq, ReadResp>,
  events: readonly Kept[],
  stalls: boolean,
): Promise<void> => {
  for (const event of events) {
    if (call.cancelled) return
    if (!call.write(eventMessage(event))) await new Promise((resolve) => call.once('drain', resolve))
    if (stalls) return
  }
  if (!stalls) call.end()
}

import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import features from '@eventstore/db-client/generated/serverfeatures_pb.js'
import type streams from '@eventstore/db-client/generated/streams_pb.js'
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { type Kept, MemoryLog, type Proposed } from './memory-log.ts'
import {
  appendAnswer,
  batchAnswer,
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

/** What the server does wrong, from when on a test says so. */
export interface Misbehaviour {
  /** Takes everything and answers nothing. */
  frozen: boolean
  /** Carries so many further appends out and does not say so. */
  lostAcknowledgements: number
  /** Answers appends so late, in milliseconds. */
  lateMs: number
  /** Is a follower: refuses appends and names this port as the leader's. */
  leaderPort: number | null
  /** Knows no batches of appends. */
  withoutBatches: boolean
  /** Is not ready yet, and says so to everybody. */
  notReady: boolean
  /** Hands every event to subscribers twice. */
  twice: boolean
}

const wellBehaved: Misbehaviour = {
  frozen: false,
  lostAcknowledgements: 0,
  lateMs: 0,
  leaderPort: null,
  withoutBatches: false,
  notReady: false,
  twice: false,
}

/**
 * A server that speaks EventStoreDB's protocol to the unmodified client and misbehaves when it is told to. It proves how the
 * adapter uses the client; what a real server does only a real one shows (npm run test:eventstore).
 */
export class StandInServer {
  readonly log: MemoryLog
  readonly faults: Misbehaviour = { ...wellBehaved }
  readonly #server = new Server({ 'grpc.max_receive_message_length': 32 * 1024 * 1024 })
  readonly #subscriptions = new Set<ServerWritableStream<ReadReq, ReadResp>>()
  #port = 0

  private constructor(log: MemoryLog) {
    this.log = log
  }

  /** `port` 0: any that is free. `log`: what an earlier server kept. */
  static async start(log = new MemoryLog(), port = 0): Promise<StandInServer> {
    const standIn = new StandInServer(log)
    standIn.#server.addService(StreamsService, {
      read: standIn.#read,
      append: standIn.#append,
      batchAppend: standIn.#batchAppend,
    })
    standIn.#server.addService(ServerFeaturesService, { getSupportedMethods: standIn.#supported })
    standIn.#port = await new Promise<number>((resolve, reject) => {
      standIn.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      )
    })
    return standIn
  }

  get port(): number {
    return this.#port
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
    if (this.faults.notReady) return answer(refusal(status.UNAVAILABLE, 'Server Is Not Ready'))
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
    if (this.faults.notReady) return void call.destroy(refusal(status.UNAVAILABLE, 'Server Is Not Ready'))
    const options = call.request.getOptions()
    if (options === undefined) return void call.end()
    if (options.hasSubscription()) return this.#subscribe(call)
    const backwards = Number(options.getReadDirection()) === 1
    const limit = Math.min(Number(options.getCount()), 1_000_000)
    const stream = options.getStream()
    if (stream !== undefined) {
      const name = streamOf(stream.getStreamIdentifier())
      const events = this.log.stream(name)
      if (events.length === 0) call.write(notFoundMessage(name))
      const from = stream.hasRevision() ? Number(stream.getRevision()) : backwards ? events.length - 1 : 0
      await sendAll(call, slice(events, from, backwards, limit))
      return
    }
    const position = options.getAll()?.getPosition()?.getCommitPosition()
    const { all } = this.log
    // Forwards with the event at the position, backwards without it.
    const place = position === undefined ? (backwards ? all.length : 0) : this.log.placeOf(BigInt(position))
    await sendAll(call, slice(all, backwards ? place - 1 : place, backwards, limit))
  }

  #subscribe(call: ServerWritableStream<ReadReq, ReadResp>): void {
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
      if (refused !== null) return void call.destroy(refused)
      const stream = streamOf(options.getStreamIdentifier())
      const outcome = this.log.append(stream, expectedInBatch(options), part.events)
      if (outcome.ok && this.#isLost()) return
      if (this.faults.lateMs > 0) await sleep(this.faults.lateMs)
      call.write(batchAnswer(correlation, stream, outcome))
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
    this.faults.lostAcknowledgements -= 1
    return true
  }

  #refusal() {
    if (this.faults.notReady) return refusal(status.UNAVAILABLE, 'Server Is Not Ready')
    if (this.faults.leaderPort === null) return null
    const metadata = new Metadata()
    metadata.set('exception', 'not-leader')
    metadata.set('leader-endpoint-host', '127.0.0.1')
    metadata.set('leader-endpoint-port', String(this.faults.leaderPort))
    return refusal(status.NOT_FOUND, 'Leader info available', metadata)
  }
}

const refusal = (code: number, message: string, metadata = new Metadata()) =>
  Object.assign(new Error(message), { code, details: message, metadata })

const slice = (events: readonly Kept[], from: number, backwards: boolean, limit: number): readonly Kept[] => {
  if (!backwards) return events.slice(from, from + limit)
  const last = Math.min(from, events.length - 1)
  return last < 0 ? [] : events.slice(Math.max(0, last - limit + 1), last + 1).toReversed()
}

/** As fast as the reader takes them. */
const sendAll = async (
  call: ServerWritableStream<ReadReq, ReadResp>,
  events: readonly Kept[],
): Promise<void> => {
  for (const event of events) {
    if (call.cancelled) return
    if (!call.write(eventMessage(event))) await new Promise((resolve) => call.once('drain', resolve))
  }
  call.end()
}

import { Metadata, status } from '@grpc/grpc-js'

/** What a stand-in server does wrong, from when on a test says so. */
export interface Misbehaviour {
  /** Takes everything and answers nothing. */
  frozen: boolean
  /** Carries so many further appends out and does not say so, every other one of those that come. */
  lostAcknowledgements: number
  /** Answers appends so late, in milliseconds. */
  lateMs: number
  /** Answers each append twice. */
  answersTwice: boolean
  /** Takes no more in one append than so many bytes of data and metadata. */
  maxAppendBytes: number
  /** Its clock is ahead by so many milliseconds. */
  clockAheadMs: number
  /** Is a follower: refuses appends and names this port as the leader's. */
  leaderPort: number | null
  /** Knows no batches of appends. */
  withoutBatches: boolean
  /** Is not ready yet, and says so to everybody. */
  notReady: boolean
  /** Fails, so many times, when asked which methods it has. */
  failsToSayMethods: number
  /** Says nothing, so many times, when asked which methods it has. */
  hidesMethods: number
  /** Breaks reads off after the first event, without a word. */
  stallsReads: boolean
  /** Takes subscriptions and does not confirm them. */
  ignoresSubscriptions: boolean
  /** Hands every event to subscribers twice. */
  twice: boolean
}

export const wellBehaved: Misbehaviour = {
  frozen: false,
  lostAcknowledgements: 0,
  lateMs: 0,
  answersTwice: false,
  maxAppendBytes: 1024 * 1024,
  clockAheadMs: 0,
  leaderPort: null,
  withoutBatches: false,
  notReady: false,
  failsToSayMethods: 0,
  hidesMethods: 0,
  stallsReads: false,
  ignoresSubscriptions: false,
  twice: false,
}

/** How a call is refused. */
export const refusal = (code: number, message: string, metadata = new Metadata()) =>
  Object.assign(new Error(message), { code, details: message, metadata })

export const notReady = () => refusal(status.UNAVAILABLE, 'Server Is Not Ready')

export const notLeader = (leaderPort: number) => {
  const metadata = new Metadata()
  metadata.set('exception', 'not-leader')
  metadata.set('leader-endpoint-host', '127.0.0.1')
  metadata.set('leader-endpoint-port', String(leaderPort))
  return refusal(status.NOT_FOUND, 'Leader info available', metadata)
}

export const tooLarge = (maxAppendBytes: number) => {
  const metadata = new Metadata()
  metadata.set('exception', 'maximum-append-size-exceeded')
  metadata.set('maximum-append-size', String(maxAppendBytes))
  return refusal(status.INVALID_ARGUMENT, 'Maximum Append Size Exceeded', metadata)
}

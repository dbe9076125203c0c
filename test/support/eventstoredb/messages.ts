import shared from '@eventstore/db-client/generated/shared_pb.js'
import status from '@eventstore/db-client/generated/status_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import any from 'google-protobuf/google/protobuf/any_pb.js'
import empty from 'google-protobuf/google/protobuf/empty_pb.js'
import type { Appended, Expected, Kept, Proposed } from './memory-log.ts'

/** Between the protocol's messages and what the log keeps. */

type ReadEvent = InstanceType<typeof streams.ReadResp>

export const eventMessage = (kept: Kept): ReadEvent => {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
  const id = new shared.UUID()
  id.setString(kept.id)
  recorded.setId(id)
  recorded.setStreamIdentifier(identifier(kept.stream))
  recorded.setStreamRevision(String(kept.revision))
  recorded.setPreparePosition(String(kept.position))
  recorded.setCommitPosition(String(kept.position))
  recorded.getMetadataMap().set('type', kept.type)
  recorded.getMetadataMap().set('content-type', 'application/json')
  recorded.getMetadataMap().set('created', String(kept.created))
  recorded.setCustomMetadata(kept.metadata)
  recorded.setData(kept.data)
  const event = new streams.ReadResp.ReadEvent()
  event.setEvent(recorded)
  event.setCommitPosition(String(kept.position))
  const message = new streams.ReadResp()
  message.setEvent(event)
  return message
}

const identifier = (stream: string) => {
  const message = new shared.StreamIdentifier()
  message.setStreamName(Buffer.from(stream))
  return message
}

export const streamOf = (given: { getStreamName_asU8(): Uint8Array } | undefined): string =>
  Buffer.from(given?.getStreamName_asU8() ?? []).toString('utf8')

export const notFoundMessage = (stream: string): ReadEvent => {
  const missing = new streams.ReadResp.StreamNotFound()
  missing.setStreamIdentifier(identifier(stream))
  const message = new streams.ReadResp()
  message.setStreamNotFound(missing)
  return message
}

export const confirmation = (): ReadEvent => {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation()
  confirmed.setSubscriptionId('1')
  const message = new streams.ReadResp()
  message.setConfirmation(confirmed)
  return message
}

/** What an append proposes, in both of the protocol's forms. */
export const proposedEvent = (
  message:
    | InstanceType<typeof streams.BatchAppendReq.ProposedMessage>
    | InstanceType<typeof streams.AppendReq.ProposedMessage>,
): Proposed => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
})

type Options = InstanceType<typeof streams.BatchAppendReq.Options>
type AppendOptions = InstanceType<typeof streams.AppendReq.Options>

export const expectedInBatch = (options: Options): Expected => {
  if (options.hasNoStream()) return 'NO_STREAM'
  if (options.hasAny()) return 'ANY'
  return options.hasStreamExists() ? 'STREAM_EXISTS' : BigInt(options.getStreamPosition())
}

export const expectedInAppend = (options: AppendOptions): Expected => {
  if (options.hasNoStream()) return 'NO_STREAM'
  if (options.hasAny()) return 'ANY'
  return options.hasStreamExists() ? 'STREAM_EXISTS' : BigInt(options.getRevision())
}

export type BatchError = 'Timeout' | 'MaximumAppendSizeExceeded'

/** How an append in a batch is refused otherwise than by a conflict. */
export const batchError = (
  correlation: InstanceType<typeof shared.UUID> | undefined,
  stream: string,
  kind: BatchError,
) => {
  const details = new any.Any()
  details.pack(new shared[kind]().serializeBinary(), `event_store.client.${kind}`)
  const error = new status.Status()
  error.setMessage(kind)
  error.setDetails(details)
  const answer = new streams.BatchAppendResp()
  answer.setCorrelationId(correlation)
  answer.setStreamIdentifier(identifier(stream))
  answer.setError(error)
  return answer
}

export const batchAnswer = (
  correlation: InstanceType<typeof shared.UUID> | undefined,
  stream: string,
  outcome: Appended,
) => {
  const answer = new streams.BatchAppendResp()
  answer.setCorrelationId(correlation)
  answer.setStreamIdentifier(identifier(stream))
  if (outcome.ok) {
    const success = new streams.BatchAppendResp.Success()
    success.setCurrentRevision(String(outcome.last.revision))
    const position = new shared.AllStreamPosition()
    position.setCommitPosition(String(outcome.last.position))
    position.setPreparePosition(String(outcome.last.position))
    success.setPosition(position)
    answer.setSuccess(success)
    return answer
  }
  const conflict = new shared.WrongExpectedVersion()
  if (outcome.current === 'NO_STREAM') conflict.setCurrentNoStream(new empty.Empty())
  else conflict.setCurrentStreamRevision(String(outcome.current))
  const details = new any.Any()
  details.pack(conflict.serializeBinary(), 'event_store.client.WrongExpectedVersion')
  const error = new status.Status()
  error.setMessage('Wrong expected version')
  error.setDetails(details)
  answer.setError(error)
  return answer
}

export const appendAnswer = (outcome: Appended) => {
  const answer = new streams.AppendResp()
  if (outcome.ok) {
    const success = new streams.AppendResp.Success()
    success.setCurrentRevision(String(outcome.last.revision))
    const position = new streams.AppendResp.Position()
    position.setCommitPosition(String(outcome.last.position))
    position.setPreparePosition(String(outcome.last.position))
    success.setPosition(position)
    answer.setSuccess(success)
    return answer
  }
  const conflict = new streams.AppendResp.WrongExpectedVersion()
  if (outcome.current === 'NO_STREAM') conflict.setCurrentNoStream(new shared.Empty())
  else conflict.setCurrentRevision(String(outcome.current))
  answer.setWrongExpectedVersion(conflict)
  return answer
}

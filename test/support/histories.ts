import fc from 'fast-check'
import { type AccountCommand, decide as decideAccount } from '../../src/domain/account/decide.ts'
import type { AccountEvent, NameScope } from '../../src/domain/account/events.ts'
import { type AccountState, accountAggregate } from '../../src/domain/account/state.ts'
import { type BillingCommand, decide as decideBilling } from '../../src/domain/billing/decide.ts'
import type { BillingEvent } from '../../src/domain/billing/events.ts'
import { type BillingState, billingAggregate } from '../../src/domain/billing/state.ts'
import { decide as decideImage, type ImageCommand } from '../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import { type ImageState, imageAggregate } from '../../src/domain/image/state.ts'
import type { Aggregate } from '../../src/domain/kernel/aggregate.ts'
import type { DomainEvent } from '../../src/domain/kernel/event.ts'
import type { Either } from '../../src/domain/kernel/fp.ts'
import type { Refusal } from '../../src/domain/kernel/refusal.ts'
import { decide as decideLocation, type LocationCommand } from '../../src/domain/location/decide.ts'
import type { LocationEvent } from '../../src/domain/location/events.ts'
import { type LocationState, locationAggregate } from '../../src/domain/location/state.ts'
import { decide as decidePricing, type PricingCommand } from '../../src/domain/pricing/decide.ts'
import type { PricingEvent } from '../../src/domain/pricing/events.ts'
import { type PricingState, pricingAggregate } from '../../src/domain/pricing/state.ts'
import { decide as decideProject, type ProjectCommand } from '../../src/domain/project/decide.ts'
import type { ProjectEvent } from '../../src/domain/project/events.ts'
import { type ProjectState, projectAggregate } from '../../src/domain/project/state.ts'
import { billingCommands, pricingCommands } from './billing-commands.ts'
import { always, few, maybe, words } from './few-values.ts'
import { imageCommands } from './image-commands.ts'
import { acme, claimId, globex, imageId, ops, web } from './samples.ts'

// Random commands over few values, so that they meet: the same name, claim or tag comes again and again. What the decider
// makes of them, one after the other, is a legal history.

/** One decider with everything that laws about it need. */
export interface Decided<State, Event extends DomainEvent, Command> {
  readonly aggregate: Aggregate<State, Event>
  readonly decide: (command: Command, state: State) => Either<Refusal, readonly Event[]>
  /** What may be asked of one instance in the course of its life. */
  readonly commands: fc.Arbitrary<readonly Command[]>
}

/** A command, and what came of it. */
export interface Step<State, Event, Command> {
  readonly command: Command
  readonly before: State
  readonly decision: Either<Refusal, readonly Event[]>
  readonly after: State
}

/** Carries the commands out, one after the other. */
export const play = <State, Event extends DomainEvent, Command>(
  { aggregate, decide }: Decided<State, Event, Command>,
  commands: readonly Command[],
): readonly Step<State, Event, Command>[] => {
  let before = aggregate.initial
  return commands.map((command) => {
    const decision = decide(command, before)
    const after = decision._tag === 'Left' ? before : decision.right.reduce(aggregate.evolve, before)
    const step = { command, before, decision, after }
    before = after
    return step
  })
}

/** The events that the commands of a history gave. */
export const eventsOf = <State, Event, Command>(
  steps: readonly Step<State, Event, Command>[],
): readonly Event[] => steps.flatMap(({ decision }) => (decision._tag === 'Left' ? [] : decision.right))

export const image: Decided<ImageState, ImageEvent, ImageCommand> = {
  aggregate: imageAggregate,
  decide: decideImage,
  commands: imageCommands,
}

const scopes = fc.constantFrom<NameScope[]>(
  { kind: 'PROJECT', project: web },
  { kind: 'PROJECT', project: ops },
  { kind: 'ACCOUNT' },
)
const limits = maybe(fc.nat(4))

const accountCommand: fc.Arbitrary<AccountCommand> = fc.oneof(
  {
    weight: 1,
    arbitrary: limits.map(
      (imageLimit): AccountCommand => ({ type: 'CreateAccount', id: 'acme', name: 'Acme', imageLimit }),
    ),
  },
  { weight: 1, arbitrary: limits.map((limit): AccountCommand => ({ type: 'SetImageLimit', limit })) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((mayPublish): AccountCommand => ({ type: 'SetMayPublish', mayPublish })),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(few, scopes, fc.constantFrom('debian', 'ubuntu', 'fedora')).map(
      ([image, scope, name]): AccountCommand => ({
        type: 'ClaimImageName',
        claimId: claimId(0),
        imageId: imageId(image),
        scope,
        name,
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.nat(40).map((n): AccountCommand => ({ type: 'ReleaseImageName', claimId: claimId(n) })),
  },
)

/** Every claim is a new one, as commands make them, and a release is of a claim that may have been. */
export const account: Decided<AccountState, AccountEvent, AccountCommand> = {
  aggregate: accountAggregate,
  decide: decideAccount,
  commands: fc
    .array(accountCommand, { maxLength: 40 })
    .map((commands) =>
      commands.map((command, index) =>
        command.type === 'ClaimImageName' ? { ...command, claimId: claimId(index) } : command,
      ),
    )
    .map((commands): readonly AccountCommand[] => [
      { type: 'CreateAccount', id: 'acme', name: 'Acme', imageLimit: 3 },
      ...commands,
    ]),
}

export const project: Decided<ProjectState, ProjectEvent, ProjectCommand> = {
  aggregate: projectAggregate,
  decide: decideProject,
  commands: fc.array(
    fc.record({
      type: always<'CreateProject'>('CreateProject'),
      id: always('web'),
      account: fc.constantFrom(acme, globex),
      name: words,
    }),
    { maxLength: 3 },
  ),
}

export const location: Decided<LocationState, LocationEvent, LocationCommand> = {
  aggregate: locationAggregate,
  decide: decideLocation,
  commands: fc.array(
    fc.oneof(
      fc.tuple(words, fc.boolean()).map(
        ([name, imagesEnabled]): LocationCommand => ({
          type: 'CreateLocation',
          id: 'ams',
          name,
          imagesEnabled,
        }),
      ),
      fc.boolean().map((enabled): LocationCommand => ({ type: 'SetImagesEnabled', enabled })),
    ),
    { maxLength: 10 },
  ),
}

/** The bill of one account. */
export const billing: Decided<BillingState, BillingEvent, BillingCommand> = {
  aggregate: billingAggregate,
  decide: decideBilling,
  commands: billingCommands,
}

/** The prices of one scope. */
export const pricing: Decided<PricingState, PricingEvent, PricingCommand> = {
  aggregate: pricingAggregate,
  decide: decidePricing,
  commands: pricingCommands,
}

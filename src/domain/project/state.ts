import type { Aggregate } from '../kernel/aggregate.ts'
import type { AccountId } from '../kernel/ids.ts'
import { type ProjectEvent, projectEvents } from './events.ts'

export type ProjectState = { readonly exists: false } | { readonly exists: true; readonly account: AccountId }

const initial: ProjectState = { exists: false }

const evolve = (_state: ProjectState, event: ProjectEvent): ProjectState => ({
  exists: true,
  account: event.data.account,
})

export const projectAggregate: Aggregate<ProjectState, ProjectEvent> = {
  category: 'project',
  definitions: projectEvents,
  initial,
  evolve,
}

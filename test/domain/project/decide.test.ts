import { test } from 'vitest'
import { nameTaken } from '../../../src/domain/kernel/refusal.ts'
import { decide } from '../../../src/domain/project/decide.ts'
import type { ProjectEvent } from '../../../src/domain/project/events.ts'
import { projectAggregate } from '../../../src/domain/project/state.ts'
import { givenOf } from '../../support/given.ts'
import { acme, globex } from '../../support/samples.ts'

const given = givenOf(projectAggregate, decide)
const created: ProjectEvent = { type: 'ProjectCreated', data: { account: acme, name: 'Web' } }

test('A project is created in an account', () => {
  given([]).when({ type: 'CreateProject', id: 'web', account: acme, name: 'Web' }).thenExpect([created])
})

test.each([acme, globex])('An id that is in use is taken for %s too', (account) => {
  given([created])
    .when({ type: 'CreateProject', id: 'web', account, name: 'Web' })
    .thenExpect(nameTaken('web', 'the platform'))
})

import { describe, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import { imageAggregate } from '../../../src/domain/image/state.ts'
import { invalidInput } from '../../../src/domain/kernel/refusal.ts'
import { givenOf } from '../../support/given.ts'
import { justAfter, now, registered, report, reported, states, yesterday } from './histories.ts'

const given = givenOf(imageAggregate, decide)

describe('A report of the size of an image', () => {
  const available = states['an image that is AVAILABLE']
  const reporting = (said: Parameters<typeof report>[0]): ImageCommand => ({
    type: 'ReportSize',
    report: report(said),
    now,
  })
  const ahead = (field: string) =>
    invalidInput([{ path: [field], message: `must not be in the future: it is ${now} now` }])

  test('may be of this very moment, and no later, nor count from later on', () => {
    const atOnce = { measuredAt: now, effectiveFrom: now }
    given(available)
      .when(reporting(atOnce))
      .thenExpect([reported(atOnce)])
    given(available)
      .when(reporting({ measuredAt: justAfter }))
      .thenExpect(ahead('occurredAt'))
    given(available)
      .when(reporting({ effectiveFrom: justAfter }))
      .thenExpect(ahead('effectiveFrom'))
  })

  test('ahead of its time is refused for that, whether the image has a size or not', () => {
    given([registered])
      .when(reporting({ measuredAt: justAfter, effectiveFrom: justAfter }))
      .thenExpect(ahead('occurredAt'))
  })

  test('is another one where the size, when it was measured or from when it counts differs from the last', () => {
    for (const other of [{ sizeBytes: 1n }, { measuredAt: now }, { effectiveFrom: yesterday }])
      given([...available, reported()])
        .when(reporting(other))
        .thenExpect([reported(other)])
  })

  test('counts again where another one came between', () => {
    given([...available, reported(), reported({ sizeBytes: 1n })])
      .when(reporting({}))
      .thenExpect([reported()])
  })
})

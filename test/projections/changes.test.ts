import { describe, expect, test } from 'vitest'
import type { StreamName } from '../../src/domain/kernel/recorded.ts'
import { Changes } from '../../src/projections/changes.ts'

const image = 'image-1' as StreamName
const other = 'image-2' as StreamName

const batch = (...streams: readonly StreamName[]) => ({
  projection: 'catalog',
  events: streams.map((stream) => ({ stream })),
})

/** Changes of the catalog, and a way to watch a stream of them. */
const watching = (stream: StreamName = image) => {
  const changes = new Changes('catalog')
  const over = new AbortController()
  return { changes, over, watch: changes.of(stream, over.signal) }
}

/** What a promise has settled with by the time that everything else is done. */
const byNow = async <Value>(promise: Promise<Value>) => {
  await new Promise((resolve) => setImmediate(resolve))
  return Promise.race([promise, Promise.resolve('waits' as const)])
}

describe('Who watches a stream', () => {
  test('hears of it once it changes, and not of other streams nor of other projections', async () => {
    const { changes, watch } = watching()
    const next = watch.next()
    changes.applied(batch(other))
    changes.applied({ ...batch(image), projection: 'billing' })
    expect(await byNow(next)).toBe('waits')
    changes.applied(batch(other, image))
    expect(await byNow(next)).toBe(true)
  })

  test('hears of what changed while nobody waited, once for all of it', async () => {
    const { changes, watch } = watching()
    for (let n = 0; n < 1_000; n += 1) changes.applied(batch(image, image))
    expect(await byNow(watch.next())).toBe(true)
    expect(await byNow(watch.next())).toBe('waits')
  })

  test('hears of what comes while it is told of what came before', async () => {
    const { changes, watch } = watching()
    const next = watch.next()
    changes.applied(batch(image))
    changes.applied(batch(image))
    await next
    const after = watch.next()
    changes.applied(batch(image))
    expect(await byNow(after)).toBe(true)
  })

  test.each([
    ['by itself', ({ watch }: ReturnType<typeof watching>) => watch.end()],
    ['by its signal', ({ over }: ReturnType<typeof watching>) => over.abort()],
    ['with all others', ({ changes }: ReturnType<typeof watching>) => changes.close()],
  ])('ends %s while it waits, and leaves nothing behind', async (_how, end) => {
    const watched = watching()
    const next = watched.watch.next()
    expect(watched.changes.streams).toBe(1)
    end(watched)
    expect(await byNow(next)).toBe(false)
    watched.changes.applied(batch(image))
    expect(await byNow(watched.watch.next())).toBe(false)
    expect(watched.changes.streams).toBe(0)
  })

  test('leaves others of the same stream alone when it ends', async () => {
    const { changes, watch } = watching()
    const others = changes.of(image, new AbortController().signal)
    watch.end()
    changes.applied(batch(image))
    expect(await byNow(others.next())).toBe(true)
  })

  test('comes too late once all is closed, or its signal has been given', async () => {
    const { changes, over } = watching()
    over.abort()
    expect(await byNow(changes.of(image, over.signal).next())).toBe(false)
    changes.close()
    expect(await byNow(changes.of(image, new AbortController().signal).next())).toBe(false)
    expect(changes.streams).toBe(0)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { atLeast, TooSlow } from '../../src/adapters/at-least.ts'

const chunk = (bytes: number) => new Uint8Array(bytes)

async function* of(...steps: readonly (number | 'WAIT')[]) {
  for (const step of steps)
    if (step === 'WAIT') await sleep(60)
    else yield chunk(step)
}

const taken = async (
  chunks: AsyncIterable<Uint8Array>,
  each: () => Promise<unknown> = async () => undefined,
) => {
  let bytes = 0
  for await (const { byteLength } of chunks) {
    bytes += byteLength
    await each()
  }
  return bytes
}

const silent: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
}

/** 1,000 bytes each 50 ms. */
const pace = { bytesPerSecond: 20_000, windowMs: 50 }

describe('Bytes at least as fast as the pace', () => {
  test('come through as they are', async () => {
    expect(await taken(atLeast(of(5, 0, 7), pace))).toBe(12)
    expect(await taken(atLeast(of(), pace))).toBe(0)
    expect(await taken(atLeast(of(1_000, 'WAIT', 3_000, 'WAIT', 9_000), pace))).toBe(13_000)
  })

  test('may be taken as slowly as one likes', async () => {
    expect(await taken(atLeast(of(1, 1, 1, 1), pace), () => sleep(70))).toBe(4)
  })

  test('are thrown on where they break off', async () => {
    async function* broken() {
      yield chunk(1)
      throw new Error('The line was cut')
    }
    await expect(taken(atLeast(broken(), pace))).rejects.toThrow('The line was cut')
  })

  test('are let go where nobody wants more of them', async () => {
    let over = false
    async function* watched() {
      try {
        for (;;) yield chunk(1)
      } finally {
        over = true
      }
    }
    for await (const _ of atLeast(watched(), pace)) break
    expect(over).toBe(true)
  })
})

describe('Too slow is', () => {
  test('who sends nothing', async () => {
    await expect(taken(atLeast(silent, pace))).rejects.toThrow(TooSlow)
  })

  test('who begins well and then sends nothing', async () => {
    async function* stalled() {
      yield chunk(5_000)
      yield* silent
    }
    await expect(taken(atLeast(stalled(), pace))).rejects.toThrow(TooSlow)
  })

  test('who sends a little now and then', async () => {
    const drops = Array.from({ length: 100 }, () => ['WAIT', 9] as const).flat()
    await expect(taken(atLeast(of(...drops), pace))).rejects.toThrow(TooSlow)
  })

  test('who was so while nothing could be looked at, and sends nothing after that', async () => {
    async function* late() {
      await Promise.resolve()
      // No timer comes to its turn.
      for (const begun = performance.now(); performance.now() - begun < 60; );
      yield chunk(1)
      yield* silent
    }
    await expect(taken(atLeast(late(), pace), () => sleep(30))).rejects.toThrow(TooSlow)
  })

  test('nobody, where no pace is asked for', async () => {
    const none = { ...pace, bytesPerSecond: 0 }
    expect(await taken(atLeast(of('WAIT', 1, 'WAIT', 'WAIT', 1), none))).toBe(2)
  })
})

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import type { StreamStore } from './streams.ts'

export interface StreamStoreContractOptions {
  /** For drivers that outlive their process: closes the store and opens what it left. */
  reopen?: (store: StreamStore) => Promise<StreamStore>
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

/** What every StreamStore does. Each driver's test file calls this with its own way to open an empty store. */
export function streamStoreContract(
  driverName: string,
  openEmpty: () => Promise<StreamStore>,
  { reopen }: StreamStoreContractOptions = {},
): void {
  describe(`${driverName} keeps the StreamStore contract`, () => {
    let store: StreamStore
    beforeEach(async () => {
      store = await openEmpty()
    })
    afterEach(() => store.close())

    const append = (stream: string, ...texts: string[]) => store.append(stream, texts.map(bytes))
    const all = async (stream: string) =>
      (await store.read(stream, { from: 1, limit: 10_000 })).map(
        ({ sequence, data }) => `${sequence} ${Buffer.from(data)}`,
      )

    it('answers nothing for a stream never written', async () => {
      assert.equal(await store.stat('none'), undefined)
      assert.deepEqual(await store.read('none', { from: 1, limit: 10 }), [])
      await store.trim('none', 10)
      await store.remove('none')
      assert.equal(await store.stat('none'), undefined)
      assert.deepEqual(await store.list(''), [])
    })

    it('numbers entries from 1 on, and answers the number of the last', async () => {
      assert.equal(await append('s', 'a'), 1)
      assert.equal(await append('s', 'b', 'c'), 3)
      assert.deepEqual(await all('s'), ['1 a', '2 b', '3 c'])
      assert.deepEqual(await store.stat('s'), { first: 1, last: 3, sizeBytes: 3 })
    })

    it('keeps streams apart', async () => {
      await append('s', 'a')
      assert.equal(await append('s/1', 'b'), 1)
      assert.deepEqual(await all('s'), ['1 a'])
      assert.deepEqual(await all('s/1'), ['1 b'])
    })

    it('refuses an append of nothing, names that are no keys, and limits that are no whole numbers', async () => {
      await assert.rejects(store.append('s', []), RangeError)
      await assert.rejects(append('', 'a'), RangeError)
      await assert.rejects(append('s\ud800', 'a'), RangeError)
      await append('s', 'a')
      for (const limit of [-1, 1.5]) await assert.rejects(store.read('s', { from: 1, limit }), RangeError)
      assert.deepEqual(await all('s'), ['1 a'])
    })

    it('keeps a copy of what it was given, and hands out copies', async () => {
      const given = bytes('abc')
      const appended = store.append('s', [given])
      given.fill(0)
      await appended
      const [read] = await store.read('s', { from: 1, limit: 1 })
      read!.data.fill(0)
      assert.deepEqual(await all('s'), ['1 abc'])
    })

    it('keeps empty entries, and large ones as they are', async () => {
      const large = Uint8Array.from({ length: 1_500_000 }, (_, at) => at * 7)
      await store.append('s', [new Uint8Array(), large, new Uint8Array()])
      const read = await store.read('s', { from: 1, limit: 10 })
      assert.deepEqual(
        read.map(({ data }) => data.length),
        [0, large.length, 0],
      )
      assert.ok(Buffer.from(read[1]!.data).equals(large))
      assert.equal((await store.stat('s'))!.sizeBytes, large.length)
    })

    it('reads from a number on, at most so many entries', async () => {
      await append('s', 'a', 'b', 'c', 'd')
      const numbers = async (from: number, limit: number) =>
        (await store.read('s', { from, limit })).map(({ sequence }) => sequence)
      assert.deepEqual(await numbers(2, 2), [2, 3])
      assert.deepEqual(await numbers(0, 1), [1])
      assert.deepEqual(await numbers(4, 9), [4])
      assert.deepEqual(await numbers(5, 9), [])
      assert.deepEqual(await numbers(1, 0), [])
    })

    it('reads at most so many bytes, but always the first entry', async () => {
      await append('s', 'aaaa', 'bb', 'cc', 'd')
      const numbers = async (from: number, bytesMax: number) =>
        (await store.read('s', { from, limit: 10, bytesMax })).map(({ sequence }) => sequence)
      assert.deepEqual(await numbers(1, 3), [1])
      assert.deepEqual(await numbers(1, 0), [1])
      assert.deepEqual(await numbers(1, 6), [1, 2])
      assert.deepEqual(await numbers(2, 4), [2, 3])
      assert.deepEqual(await numbers(1, 9), [1, 2, 3, 4])
    })

    it('forgets what is trimmed, and never uses a number again', async () => {
      await append('s', 'a', 'bb', 'ccc')
      await store.trim('s', 3)
      assert.deepEqual(await all('s'), ['3 ccc'])
      assert.deepEqual(await store.stat('s'), { first: 3, last: 3, sizeBytes: 3 })
      await store.trim('s', 2)
      assert.deepEqual(await store.stat('s'), { first: 3, last: 3, sizeBytes: 3 })
      await store.trim('s', 4)
      assert.deepEqual(await store.stat('s'), { first: 4, last: 3, sizeBytes: 0 })
      assert.deepEqual(await all('s'), [])
      assert.equal(await append('s', 'd'), 4)
      await store.trim('s', 1000)
      assert.equal(await append('s', 'e'), 5)
      assert.deepEqual(await all('s'), ['5 e'])
    })

    it('trims many entries at once', async () => {
      await store.append(
        's',
        Array.from({ length: 5000 }, (_, n) => bytes(`${n}`)),
      )
      await store.trim('s', 4999)
      assert.deepEqual(await all('s'), ['4999 4998', '5000 4999'])
      assert.deepEqual(await store.stat('s'), { first: 4999, last: 5000, sizeBytes: 8 })
    })

    it('forgets a removed stream with its numbers', async () => {
      await append('s', 'a', 'b')
      await append('t', 'c')
      await store.remove('s')
      assert.equal(await store.stat('s'), undefined)
      assert.deepEqual(await all('s'), [])
      assert.deepEqual(await store.list(''), ['t'])
      assert.equal(await append('s', 'd'), 1)
      assert.deepEqual(await all('s'), ['1 d'])
    })

    it('lists names by prefix, in the byte order of UTF-8', async () => {
      const inOrder = ['a', 'a%', 'a/b', 'aé', 'a\uff5e', 'a\u{1f600}', 'b']
      for (const name of [...inOrder].reverse()) await append(name, 'x')
      assert.deepEqual(await store.list(''), inOrder)
      assert.deepEqual(await store.list('a'), inOrder.slice(0, -1))
      assert.deepEqual(await store.list('a%'), ['a%'])
      assert.deepEqual(await store.list('c'), [])
    })

    it('keeps racing appends whole, in the order in which they were numbered', async () => {
      const lasts = await Promise.all(Array.from({ length: 40 }, (_, n) => append('s', `${n}.1`, `${n}.2`)))
      assert.equal(new Set(lasts).size, 40)
      const entries = await all('s')
      assert.equal(entries.length, 80)
      lasts.forEach((last, n) => {
        assert.deepEqual(entries.slice(last - 2, last), [`${last - 1} ${n}.1`, `${last} ${n}.2`])
      })
    })

    it('keeps the order of appends of one caller that does not wait', async () => {
      const appends = Array.from({ length: 20 }, (_, n) => append('s', `${n}`))
      assert.deepEqual(
        await Promise.all(appends),
        Array.from({ length: 20 }, (_, n) => n + 1),
      )
    })

    it('refuses every call once it is closed', async () => {
      await store.close()
      await assert.rejects(append('s', 'a'), /closed/)
      await assert.rejects(store.read('s', { from: 1, limit: 1 }), /closed/)
      await assert.rejects(store.stat('s'), /closed/)
      await assert.rejects(store.list(''), /closed/)
      await assert.rejects(store.trim('s', 1), /closed/)
      await store.close()
    })

    it('behaves as an array under any sequence of appends, trims and removals', async () => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          await walk(store, `run ${run++}`, steps)
        }),
        { numRuns: 60 },
      )
    })

    if (reopen) {
      it('shows after reopening what was acknowledged, and nothing else', async () => {
        await append('s', 'a', 'b', 'c')
        await store.trim('s', 2)
        await append('removed', 'x')
        await store.remove('removed')
        store = await reopen(store)
        assert.deepEqual(await all('s'), ['2 b', '3 c'])
        assert.deepEqual(await store.stat('s'), { first: 2, last: 3, sizeBytes: 2 })
        assert.deepEqual(await store.list(''), ['s'])
      })

      it('goes on counting after all was trimmed and it was reopened', async () => {
        await append('s', 'a', 'b', 'c')
        await store.trim('s', 4)
        store = await reopen(store)
        assert.deepEqual(await store.stat('s'), { first: 4, last: 3, sizeBytes: 0 })
        assert.equal(await append('s', 'd'), 4)
      })
    }
  })
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ append: fc.array(fc.uint8Array({ maxLength: 6 }), { minLength: 1, maxLength: 4 }) }) }, // biome-ignore format: one line
  { weight: 2, arbitrary: fc.record({ trim: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.constant(true) }) },
  { weight: 3, arbitrary: fc.record({ from: fc.nat({ max: 20 }), limit: fc.nat({ max: 5 }), bytesMax: fc.nat({ max: 20 }) }) }, // biome-ignore format: one line
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Does the same to the store and to an array, and compares what each says after every step. */
async function walk(store: StreamStore, name: string, steps: Step[]): Promise<void> {
  let model: Uint8Array[] | undefined
  let first = 1
  for (const step of steps) {
    if ('append' in step) {
      model = [...(model ?? []), ...step.append]
      assert.equal(await store.append(name, step.append), model.length)
    } else if ('trim' in step) {
      await store.trim(name, step.trim)
      if (model) first = Math.max(first, Math.min(step.trim, model.length + 1))
    } else if ('remove' in step) {
      await store.remove(name)
      model = undefined
      first = 1
    } else {
      const kept = (model ?? []).map((data, at) => ({ sequence: at + 1, data }))
      let bytes = 0
      const expected = kept
        .filter(({ sequence }) => sequence >= Math.max(first, step.from))
        .slice(0, step.limit)
        .filter(({ data }, at) => {
          bytes += data.length
          return at === 0 || bytes <= step.bytesMax
        })
      assert.deepEqual(await store.read(name, step), expected)
    }
    const sizeBytes = (model ?? []).slice(first - 1).reduce((sum, { length }) => sum + length, 0)
    const expected = model && { first, last: model.length, sizeBytes }
    assert.deepEqual(await store.stat(name), expected)
  }
}

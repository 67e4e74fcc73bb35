import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { KEY_BYTES_MAX } from './keys.ts'
import { type Expectation, type RecordStore, VersionConflict, type Write, writtenKey } from './records.ts'

export interface RecordStoreContractOptions {
  /** For drivers that outlive their process: closes the store and opens what it left. */
  reopen?: (store: RecordStore) => Promise<RecordStore>
}

/** What every RecordStore does. Each driver's test file calls this with its own way to open an empty store. */
export function recordStoreContract(
  driverName: string,
  openEmpty: () => Promise<RecordStore>,
  { reopen }: RecordStoreContractOptions = {},
): void {
  describe(`${driverName} keeps the RecordStore contract`, () => {
    let store: RecordStore
    beforeEach(async () => {
      store = await openEmpty()
    })
    afterEach(() => store.close())

    const put = (key: string, value: unknown, expect?: Expectation) =>
      store.commit([{ put: key, value, ...(expect === undefined ? {} : { expect }) }])
    const value = async (key: string) => (await store.get<unknown>(key))?.value
    const version = async (key: string) => (await store.get(key))!.version
    const keys = async (prefix: string, after?: string, limit = 1000) =>
      (await store.list({ prefix, limit, ...(after === undefined ? {} : { after }) })).map(({ key }) => key)
    const conflictOn = (key: string) => (error: unknown) =>
      error instanceof VersionConflict && error.key === key

    it('answers undefined for a key never written', async () => {
      assert.equal(await store.get('functions/hello'), undefined)
    })

    it('reads its own writes, of every kind of JSON value', async () => {
      for (const written of [
        null,
        false,
        0,
        -1.5e300,
        '',
        '\0 "é" \u{1f600}',
        [],
        [1, [2]],
        { a: { b: null } },
      ]) {
        await put('key', written)
        assert.deepEqual(await value('key'), written)
      }
    })

    it('keeps a copy of what it was given, and hands out copies', async () => {
      const given = { list: [1] }
      const committed = put('key', given)
      given.list.push(2)
      await committed
      const read = (await store.get<typeof given>('key'))!.value
      read.list.push(3)
      assert.deepEqual(await value('key'), { list: [1] })
      assert.deepEqual((await store.list({ prefix: 'key', limit: 1 }))[0]!.value, { list: [1] })
    })

    it('refuses what is not a JSON value, and writes nothing of the batch', async () => {
      await assert.rejects(store.commit([{ put: 'a', value: 1 }, { put: 'b', value: undefined }]), TypeError) // biome-ignore format: one line
      assert.equal(await value('a'), undefined)
    })

    it('refuses keys that are empty, too long or not Unicode, and limits that are not whole numbers', async () => {
      for (const key of ['', 'k'.repeat(KEY_BYTES_MAX + 1), 'k\udc00']) {
        await assert.rejects(store.get(key), RangeError)
        await assert.rejects(store.commit([{ put: key, value: 1 }]), RangeError)
        await assert.rejects(store.commit([{ remove: key }]), RangeError)
        await assert.rejects(store.commit([{ check: key, expect: 'absent' }]), RangeError)
      }
      for (const limit of [-1, 0.5, Number.NaN])
        await assert.rejects(store.list({ prefix: '', limit }), RangeError)
    })

    it('takes the longest key and a value of a megabyte', async () => {
      const key = 'k'.repeat(KEY_BYTES_MAX)
      const megabyte = 'é'.repeat(512 * 1024)
      await put(key, megabyte)
      assert.equal(await value(key), megabyte)
      assert.deepEqual(await keys('k'), [key])
    })

    it('applies an empty batch', async () => {
      await store.commit([])
    })

    it('lists what starts with a prefix, in the byte order of UTF-8', async () => {
      const inOrder = ['a', 'a\0', 'a/', 'a/b', 'aé', 'a\uff5e', 'a\uffff', 'a\u{10000}', 'a\u{1f600}', 'b']
      await store.commit([...inOrder].reverse().map((key) => ({ put: key, value: key })))
      assert.deepEqual(await keys(''), inOrder)
      assert.deepEqual(await keys('a'), inOrder.slice(0, -1))
      assert.deepEqual(await keys('a\uffff'), ['a\uffff'])
      assert.deepEqual(await keys('a\u{1f600}'), ['a\u{1f600}'])
      assert.deepEqual(await keys('c'), [])
    })

    it('takes no part of a prefix as a pattern', async () => {
      await store.commit(['a%b', 'a_b', 'a*b', 'axb'].map((key) => ({ put: key, value: 1 })))
      assert.deepEqual(await keys('a%'), ['a%b'])
      assert.deepEqual(await keys('a_'), ['a_b'])
      assert.deepEqual(await keys('a*'), ['a*b'])
    })

    it('continues a list after a key, whether or not that key is there', async () => {
      await store.commit(['p/1', 'p/2', 'p/3', 'q/1'].map((key) => ({ put: key, value: 1 })))
      assert.deepEqual(await keys('p/', 'p/1'), ['p/2', 'p/3'])
      assert.deepEqual(await keys('p/', 'p/1x'), ['p/2', 'p/3'])
      assert.deepEqual(await keys('p/', 'a'), ['p/1', 'p/2', 'p/3'])
      assert.deepEqual(await keys('p/', ''), ['p/1', 'p/2', 'p/3'])
      assert.deepEqual(await keys('p/', 'p/3'), [])
      assert.deepEqual(await keys('p/', 'q'), [])
      assert.deepEqual(await keys('p/', undefined, 2), ['p/1', 'p/2'])
      assert.deepEqual(await keys('p/', 'p/1', 1), ['p/2'])
      assert.deepEqual(await keys('p/', undefined, 0), [])
    })

    it('commits a batch whole or not at all', async () => {
      await put('present', 1)
      const batch: Write[] = [
        { put: 'new', value: 1 },
        { remove: 'present' },
        { check: 'parent', expect: 'present' },
      ]
      await assert.rejects(store.commit(batch), conflictOn('parent'))
      assert.equal(await value('new'), undefined)
      assert.equal(await value('present'), 1)
      await put('parent', 1)
      await store.commit(batch)
      assert.equal(await value('new'), 1)
      assert.equal(await value('present'), undefined)
    })

    it('judges every expectation by the state before the batch, and lets the last write of a key count', async () => {
      await store.commit([
        { put: 'a', value: 1, expect: 'absent' },
        { put: 'a', value: 2, expect: 'absent' },
        { remove: 'b' },
        { put: 'b', value: 1 },
        { put: 'c', value: 1 },
        { remove: 'c', expect: 'absent' },
      ])
      assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(value)), [2, 1, undefined])
    })

    it('holds each kind of expectation for each kind of write', async () => {
      await put('there', 1)
      const now = await version('there')
      const writes: [key: string, write: (expect: Expectation) => Write][] = ['there', 'missing'].flatMap(
        (key) => [
          [key, (expect) => ({ put: key, value: 1, expect })],
          [key, (expect) => ({ remove: key, expect })],
          [key, (expect) => ({ check: key, expect })],
        ],
      )
      for (const [key, write] of writes) {
        const wrong: Expectation[] = key === 'there' ? ['absent', now + 1, now - 1] : ['present', now]
        for (const expect of wrong) await assert.rejects(store.commit([write(expect)]), conflictOn(key))
      }
      await store.commit([{ check: 'there', expect: now }, { check: 'there', expect: 'present' }]) // biome-ignore format: one line
      await store.commit([{ check: 'missing', expect: 'absent' }, { remove: 'missing', expect: 'absent' }]) // biome-ignore format: one line
      assert.equal(await version('there'), now)
      await store.commit([{ remove: 'there', expect: now }])
      assert.equal(await value('there'), undefined)
    })

    it('changes the version with every write of a key, and never uses one twice, even over a removal', async () => {
      const seen = new Set<number>()
      for (let round = 0; round < 5; round++) {
        await put('key', 'same')
        seen.add(await version('key'))
        await put('key', 'same')
        seen.add(await version('key'))
        await store.commit([{ remove: 'key' }])
      }
      assert.equal(seen.size, 10)
    })

    it('gives a version that outlives other writes', async () => {
      await put('key', 1)
      const before = await version('key')
      await put('other', 1)
      assert.equal(await version('key'), before)
    })

    it('lets exactly one of two racing writers win', async () => {
      await put('counter', 0)
      const before = await version('counter')
      const race = await Promise.allSettled([
        put('counter', 1, before),
        put('counter', 2, before),
        put('created', 1, 'absent'),
        put('created', 2, 'absent'),
      ])
      const won = race.map(({ status }) => status === 'fulfilled')
      assert.notEqual(won[0], won[1])
      assert.notEqual(won[2], won[3])
      assert.equal(await value('counter'), won[0] ? 1 : 2)
      assert.equal(await value('created'), won[2] ? 1 : 2)
    })

    it('loses no update of many writers who retry on conflict', async () => {
      await put('counter', 0)
      const increment = async (): Promise<void> => {
        const { value, version } = (await store.get<number>('counter'))!
        await put('counter', value + 1, version).catch((error) => {
          if (error instanceof VersionConflict) return increment()
          throw error
        })
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      assert.equal(await value('counter'), 20)
    })

    it('does not fail the commits that arrive together with one that conflicts', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 30 }, (_, n) =>
          store.commit([
            { put: `together/${n}`, value: n },
            { check: 'together/none', expect: n % 3 === 0 ? 'present' : 'absent' },
          ]),
        ),
      )
      outcomes.forEach(({ status }, n) => {
        assert.equal(status, n % 3 === 0 ? 'rejected' : 'fulfilled')
      })
      assert.equal((await keys('together/')).length, 20)
    })

    it('refuses every call once it is closed', async () => {
      await store.close()
      await assert.rejects(store.get('key'), /closed/)
      await assert.rejects(store.list({ prefix: '', limit: 1 }), /closed/)
      await assert.rejects(store.commit([{ put: 'key', value: 1 }]), /closed/)
      await store.close()
    })

    it('behaves as a sorted map under any sequence of batches', async () => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(batch, { maxLength: 8 }), fc.nat({ max: 12 }), async (batches, after) => {
          const prefix = `run ${run++}/`
          await walk(store, prefix, batches, after)
        }),
        { numRuns: 60 },
      )
    })

    if (reopen) {
      it('shows after reopening what was acknowledged, and nothing else', async () => {
        await store.commit([{ put: 'kept', value: { deep: ['é'] } }, { put: 'removed', value: 1 }]) // biome-ignore format: one line
        await store.commit([{ remove: 'removed' }])
        await assert.rejects(store.commit([{ put: 'refused', value: 1 }, { check: 'none', expect: 'present' }])) // biome-ignore format: one line
        const before = await store.list({ prefix: '', limit: 1000 })
        store = await reopen(store)
        assert.deepEqual(await store.list({ prefix: '', limit: 1000 }), before)
        assert.deepEqual(await keys(''), ['kept'])
      })

      it('never uses a version again that was given before it was reopened', async () => {
        await put('key', 1)
        await put('key', 2)
        const before = await version('key')
        await store.commit([{ remove: 'key' }])
        store = await reopen(store)
        await put('key', 3)
        assert.ok((await version('key')) > before)
      })

      it('finishes the commits it was given before it closes', async () => {
        const commits = Array.from({ length: 50 }, (_, n) => put(`n/${n}`, n))
        store = await reopen(store)
        await Promise.all(commits)
        assert.equal((await keys('n/')).length, 50)
      })
    }
  })
}

const name = fc.constantFrom('a', 'a/', 'a/b', 'aé', 'b\uff5e', 'b\u{1f600}', 'b')
/** `current` stands for the version the key has when the batch is built, `stale` for one it does not have. */
const expectation = fc.constantFrom('absent', 'present', 'current', 'stale', undefined)
const batch = fc.array(
  fc.record({ kind: fc.constantFrom('put', 'remove', 'check'), name, value: fc.jsonValue(), expectation }),
  { maxLength: 5 },
)
type Batch = typeof batch extends fc.Arbitrary<infer B> ? B : never

/** Applies the batches to the store and to a map, and compares what each says after every one. */
async function walk(store: RecordStore, prefix: string, batches: Batch[], after: number): Promise<void> {
  const model = new Map<string, { json: string; version: number }>()
  for (const steps of batches) {
    const writes = steps.map(({ kind, name, value, expectation }): Write => {
      const key = prefix + name
      const current = model.get(key)?.version
      const expect =
        expectation === 'current'
          ? (current ?? 'absent')
          : expectation === 'stale'
            ? (current ?? 0) + 1
            : expectation
      if (kind === 'check')
        return { check: key, expect: expect ?? (current === undefined ? 'absent' : 'present') }
      const expected = expect === undefined ? {} : { expect }
      return kind === 'put' ? { put: key, value, ...expected } : { remove: key, ...expected }
    })
    const refused = writes.find(({ expect, ...write }) => {
      const version = model.get(writtenKey(write as Write))?.version
      if (expect === undefined) return false
      if (expect === 'absent') return version !== undefined
      return expect === 'present' ? version === undefined : version !== expect
    })
    const outcome = await store.commit(writes).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refused) {
      assert.ok(outcome instanceof VersionConflict, `expected a conflict, not ${outcome}`)
      assert.equal(outcome.key, writtenKey(refused))
    } else {
      assert.equal(outcome, undefined)
      const touched = new Set(writes.filter((write) => !('check' in write)).map(writtenKey))
      for (const write of writes) {
        if ('put' in write) model.set(write.put, { json: JSON.stringify(write.value), version: -1 })
        if ('remove' in write) model.delete(write.remove)
      }
      for (const key of touched) {
        const kept = model.get(key)
        if (kept) model.set(key, { ...kept, version: (await store.get(key))!.version })
      }
    }

    const sorted = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const expected = sorted.map(([key, { json, version }]) => ({ key, value: JSON.parse(json), version }))
    assert.deepEqual(await store.list({ prefix, limit: 100 }), expected)
    const from = expected[after]
    if (from) {
      assert.deepEqual(
        await store.list({ prefix, after: from.key, limit: 2 }),
        expected.slice(after + 1, after + 3),
      )
      assert.deepEqual(await store.get(from.key), from)
    }
  }
}

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import type { Expectation } from './records.ts'
import { ROW_KEY_BYTES_MAX, RowConflict, type RowRange, type RowStore, type RowWrite } from './rows.ts'

export interface RowStoreContractOptions {
  /** For drivers that outlive their process: closes the store and opens what it left. */
  reopen?: (store: RowStore) => Promise<RowStore>
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const text = (data: Uint8Array | undefined): string | undefined =>
  data && Buffer.from(data).toString('latin1')

/** What every RowStore does. Each driver's test file calls this with its own way to open an empty store. */
export function rowStoreContract(
  driverName: string,
  openEmpty: () => Promise<RowStore>,
  { reopen }: RowStoreContractOptions = {},
): void {
  describe(`${driverName} keeps the RowStore contract`, () => {
    let store: RowStore
    beforeEach(async () => {
      store = await openEmpty()
    })
    afterEach(() => store.close())

    const put = (key: string, data: string, expect?: Expectation): RowWrite => ({
      table: 't',
      put: bytes(key),
      data: bytes(data),
      ...(expect === undefined ? {} : { expect }),
    })
    const remove = (key: string, expect?: Expectation): RowWrite => ({
      table: 't',
      remove: bytes(key),
      ...(expect === undefined ? {} : { expect }),
    })
    const data = async (key: string) => text((await store.get('t', bytes(key)))?.data)
    const keys = async (range: Partial<Omit<RowRange, 'from' | 'to'>> & { from: string; to?: string }) => {
      const { from, to, ...rest } = range
      const ends = { from: bytes(from), ...(to === undefined ? {} : { to: bytes(to) }) }
      return (await store.scan('t', { limit: 100, ...rest, ...ends })).rows.map(({ key }) => text(key))
    }

    it('answers undefined for a row never written, and no rows for a table never written', async () => {
      assert.equal(await store.get('t', bytes('k')), undefined)
      assert.deepEqual(await store.scan('t', { from: bytes('\0'), limit: 10 }), { rows: [] })
      assert.deepEqual(await store.tables(''), [])
      assert.equal(await store.clear('t', { limit: 10 }), false)
    })

    it('keeps a copy of what it was given, also of a view into something larger', async () => {
      const larger = Buffer.from('xxkeyyydataxx')
      const committed = store.commit([
        { table: 't', put: larger.subarray(2, 5), data: larger.subarray(7, 11) },
      ])
      larger.fill(0)
      await committed
      assert.equal(await data('key'), 'data')
      const read = (await store.get('t', bytes('key')))!
      read.data.fill(0)
      assert.equal(await data('key'), 'data')
    })

    it('reads ranges by the order of bytes, in both directions, with limits', async () => {
      const inOrder = ['\0', '\0\0', '\x01', 'a', 'a\0', 'a\xff', 'b', '\xff', '\xff\xff']
      await store.commit(inOrder.toReversed().map((key) => put(key, key)))
      assert.deepEqual(await keys({ from: '\0' }), inOrder)
      assert.deepEqual(await keys({ from: 'a', to: 'b' }), ['a', 'a\0', 'a\xff'])
      assert.deepEqual(await keys({ from: 'a', to: 'b', limit: 2 }), ['a', 'a\0'])
      assert.deepEqual(await keys({ from: 'b', to: 'a', backwards: true }), ['b', 'a\xff', 'a\0'])
      assert.deepEqual(await keys({ from: 'aa', backwards: true, limit: 2 }), ['a\0', 'a'])
      assert.deepEqual(await keys({ from: '\xff\xff\xff', backwards: true }), inOrder.toReversed())
      assert.deepEqual(await keys({ from: 'b', to: 'a' }), [])
      assert.deepEqual(await keys({ from: 'a', to: 'b', backwards: true }), [])
      assert.deepEqual(await keys({ from: 'a', limit: 0 }), [])
    })

    it('stops a range at a number of bytes, but not before its first row', async () => {
      await store.commit(['a', 'b', 'c'].map((key) => put(key, 'x'.repeat(9))))
      assert.deepEqual(await keys({ from: 'a', bytesMax: 20 }), ['a', 'b'])
      assert.deepEqual(await keys({ from: 'a', bytesMax: 19 }), ['a'])
      assert.deepEqual(await keys({ from: 'c', bytesMax: 1, backwards: true }), ['c'])
    })

    it('says where a range goes on that was stopped by a limit', async () => {
      await store.commit(['a', 'b', 'c'].map((key) => put(key, 'x'.repeat(9))))
      const next = async (range: Omit<RowRange, 'from'>) =>
        text((await store.scan('t', { from: bytes(range.backwards ? 'c' : 'a'), ...range })).next)
      assert.equal(await next({ limit: 2 }), 'c')
      assert.equal(await next({ limit: 3 }), undefined)
      assert.equal(await next({ limit: 3, bytesMax: 10 }), 'b')
      assert.equal(await next({ limit: 2, to: bytes('c') }), undefined)
      assert.equal(await next({ limit: 1, backwards: true }), 'b')
      assert.equal(await next({ limit: 0 }), 'a')
    })

    it('applies all writes of a batch or none, as its expectations say of the state before', async () => {
      await store.commit([put('a', '1')])
      const { version } = (await store.get('t', bytes('a')))!
      for (const refused of [
        put('a', '2', 'absent'),
        put('a', '2', version + 1),
        remove('a', version + 1),
        put('b', '2', 'present'),
        remove('b', version),
      ]) {
        await assert.rejects(store.commit([put('c', '3'), refused]), (error: unknown) => {
          assert.ok(error instanceof RowConflict)
          assert.equal(error.table, 't')
          assert.deepEqual(text(error.key), text('put' in refused ? refused.put : (refused as { remove: Uint8Array }).remove)) // biome-ignore format: one line
          return true
        })
        assert.equal(await data('c'), undefined)
      }
      await store.commit([put('a', '2', version), put('b', '2', 'absent'), remove('a', 'present')])
      assert.deepEqual([await data('a'), await data('b')], [undefined, '2'])
    })

    it('never gives a version twice, over a removal and a restart', async () => {
      const seen = new Set<number>()
      for (let round = 0; round < 3; round++) {
        await store.commit([put('a', '1')])
        seen.add((await store.get('t', bytes('a')))!.version)
        await store.commit([remove('a')])
        if (reopen) store = await reopen(store)
      }
      assert.equal(seen.size, 3)
    })

    it('appends in the order of commits, after everything that was ever appended', async () => {
      const append = (entry: string): RowWrite => ({ table: 'log', append: bytes(entry) })
      await Promise.all([
        store.commit([append('1'), put('k', 'v')]),
        store.commit([append('2'), append('3')]),
      ])
      const read = async () => (await store.scan('log', { from: bytes('\0'), limit: 10 })).rows
      const first = await read()
      assert.deepEqual(first.map(({ data }) => text(data)), ['1', '2', '3']) // biome-ignore format: one line
      assert.equal(await store.clear('log', { limit: 10 }), false)
      if (reopen) store = await reopen(store)
      await store.commit([append('4')])
      const [fourth] = await read()
      assert.equal(fourth!.key.length, 8)
      assert.ok(Buffer.compare(fourth!.key, first[2]!.key) > 0)
    })

    it('appends nothing when the batch is refused', async () => {
      const refused = store.commit([{ table: 'log', append: bytes('1') }, put('a', '1', 'present')])
      await assert.rejects(refused, RowConflict)
      assert.deepEqual(await store.tables(''), [])
    })

    it('clears a table in pieces, from its first row, and forgets its name with its last', async () => {
      await store.commit(['a', 'b', 'c', 'd'].map((key) => put(key, key)))
      assert.equal(await store.clear('t', { limit: 1 }), true)
      assert.equal(await store.clear('t', { before: bytes('c'), limit: 5 }), false)
      assert.deepEqual(await keys({ from: '\0' }), ['c', 'd'])
      assert.equal(await store.clear('t', { limit: 0 }), true)
      assert.deepEqual(await store.tables(''), ['t'])
      assert.equal(await store.clear('t', { limit: 2 }), false)
      assert.deepEqual(await store.tables(''), [])
    })

    it('keeps tables apart, and names those with rows', async () => {
      const at = (table: string): RowWrite => ({ table, put: bytes('k'), data: bytes(table) })
      await store.commit([at('b'), at('a/2'), at('a/1'), at('a')])
      assert.deepEqual(await store.tables(''), ['a', 'a/1', 'a/2', 'b'])
      assert.deepEqual(await store.tables('a/'), ['a/1', 'a/2'])
      assert.equal(text((await store.get('a/1', bytes('k')))!.data), 'a/1')
      await store.commit([{ table: 'a', remove: bytes('k') }])
      assert.deepEqual(await store.tables('a'), ['a/1', 'a/2'])
    })

    it('takes the longest key, a row of megabytes and one of nothing; refuses keys that are empty or longer', async () => {
      const longest = 'k'.repeat(ROW_KEY_BYTES_MAX)
      const large = 'é'.repeat(4 * 1024 * 1024)
      await store.commit([put(longest, large), put('empty', '')])
      assert.equal(await data(longest), large)
      assert.equal(await data('empty'), '')
      for (const key of ['', `${longest}k`]) {
        await assert.rejects(store.get('t', bytes(key)), RangeError)
        await assert.rejects(store.commit([put(key, '')]), RangeError)
        await assert.rejects(store.commit([remove(key)]), RangeError)
      }
      await assert.rejects(store.scan('t', { from: bytes('a'), limit: -1 }), RangeError)
      await assert.rejects(store.clear('t', { limit: 0.5 }), RangeError)
      await assert.rejects(store.get('', bytes('a')), RangeError)
    })

    it('refuses everything after it was closed', async () => {
      const other = await openEmpty()
      await other.close()
      await assert.rejects(other.get('t', bytes('a')))
      await assert.rejects(other.scan('t', { from: bytes('a'), limit: 1 }))
      await assert.rejects(other.commit([put('a', '')]))
      await assert.rejects(other.tables(''))
    })

    it('does what a map does, whatever is asked of it', async () => {
      const walks = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        await store.clear('t', { limit: 1000 })
        await walk(store, steps, reopen && (async () => (store = await reopen(store))))
      })
      await fc.assert(walks, { numRuns: 12 })
    })
  })
}

const key = fc.constantFrom('\0', '\0\xff', 'a', 'a\0', 'a\xff', 'b', '\xff')
const step = fc.oneof(
  fc.record({
    is: fc.constant('commit' as const),
    writes: fc.array(
      fc.record({
        key,
        data: fc.option(fc.string({ unit: 'binary-ascii', maxLength: 5 }), { nil: undefined }),
        expect: fc.constantFrom<Expectation | undefined>('absent', 'present', undefined),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    is: fc.constant('scan' as const),
    from: key,
    to: fc.option(key, { nil: undefined }),
    backwards: fc.boolean(),
    limit: fc.nat(4),
  }),
  fc.record({ is: fc.constant('reopen' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** The same on the store and on a map, whose keys are texts of one character per byte. */
async function walk(
  store: RowStore,
  steps: readonly Step[],
  reopen: (() => Promise<RowStore>) | undefined,
): Promise<void> {
  let model = new Map<string, string>()
  let current = store
  for (const step of steps) {
    if (step.is === 'reopen') current = (await reopen?.()) ?? current
    else if (step.is === 'scan') {
      const { from, to, backwards, limit } = step
      const all = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
      const inside = (backwards ? all.toReversed() : all).filter(([key]) =>
        backwards
          ? key <= from && (to === undefined || key > to)
          : key >= from && (to === undefined || key < to),
      )
      const ends = { from: bytes(from), ...(to === undefined ? {} : { to: bytes(to) }) }
      const found = await current.scan('t', { ...ends, backwards, limit })
      assert.deepEqual(
        found.rows.map(({ key, data }) => [text(key), text(data)]),
        inside.slice(0, limit),
      )
      assert.equal(text(found.next), inside[limit]?.[0])
    } else {
      const refused = step.writes.some(
        ({ key, expect }) => expect !== undefined && model.has(key) !== (expect === 'present'),
      )
      const outcome = current.commit(
        step.writes.map(({ key, data, expect }): RowWrite => {
          const expected = expect === undefined ? {} : { expect }
          return data === undefined
            ? { table: 't', remove: bytes(key), ...expected }
            : { table: 't', put: bytes(key), data: bytes(data), ...expected }
        }),
      )
      if (refused) {
        await assert.rejects(outcome, RowConflict)
        continue
      }
      await outcome
      model = new Map(model)
      for (const { key, data } of step.writes) {
        if (data === undefined) model.delete(key)
        else model.set(key, data)
      }
    }
  }
}

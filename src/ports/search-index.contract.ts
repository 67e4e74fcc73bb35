import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type {
  Condition,
  DocumentField,
  DocumentSearch,
  IndexedValue,
  SearchDocument,
  SearchIndexStore,
  SortBy,
} from './search-index.ts'

export interface SearchIndexContractOptions {
  /** For drivers that outlive their process: closes the store and opens what it left. */
  reopen?: (store: SearchIndexStore) => Promise<SearchIndexStore>
}

const all: Condition = { is: 'all' }
const byKey: SortBy = { by: 'key', descending: false }
const document = (
  key: string,
  fields: readonly DocumentField[],
  children: SearchDocument['children'] = [],
): SearchDocument => ({ key: Buffer.from(key), fields, children })
const values = (name: string, ...given: IndexedValue[]): DocumentField => ({ name, values: given })
const words = (name: string, text: string): DocumentField => ({ name, words: text.split(' ') })
const at = (name: string, ...points: [number, number][]): DocumentField => ({
  name,
  points: points.map(([latitude, longitude]) => ({ latitude, longitude })),
})

/** What every SearchIndexStore does. Each driver's test file calls this with its own way to open an empty store. */
export function searchIndexContract(
  driverName: string,
  openEmpty: () => Promise<SearchIndexStore>,
  { reopen }: SearchIndexContractOptions = {},
): void {
  describe(`${driverName} keeps the SearchIndexStore contract`, () => {
    let store: SearchIndexStore
    // One for all: what a driver has threads for takes its time to open.
    before(async () => {
      store = await openEmpty()
    })
    beforeEach(async () => {
      for (const index of await store.indexes()) while (await store.clear(index, 100));
    })
    after(() => store.close())

    const put = (...documents: SearchDocument[]) =>
      store.write(
        'i',
        documents.map((one) => ({ put: one })),
      )
    const keys = async (condition: Condition, more: Partial<DocumentSearch> = {}): Promise<string> => {
      const search = { condition, sort: [byKey], offset: 0, limit: 100, ...more }
      return (await store.find('i', search)).map(({ key }) => Buffer.from(key).toString()).join(' ')
    }
    const sorted = (sort: SortBy, more: Partial<DocumentSearch> = {}) =>
      keys(all, { sort: [sort, byKey], ...more })

    it('answers nothing of an index that is not there', async () => {
      assert.equal(await keys(all), '')
      assert.equal(await store.count('i', all), 0)
      assert.equal(await store.noteOf('i'), undefined)
      assert.deepEqual(await store.measure('i', all, { field: 'n' }), { count: 0, distinct: 0, sum: 0 })
      assert.deepEqual(await store.quantiles('i', all, { field: 'n', fractions: [0.5] }), [])
      assert.deepEqual(await store.indexes(), [])
      assert.equal(await store.clear('i', 10), false)
    })

    it('replaces and removes whole documents, and keeps a note', async () => {
      await put(
        document(
          'a',
          [values('n', 1), words('t', 'x y'), at('p', [1, 1])],
          [{ path: 'c', fields: [values('c.n', 5)], children: [] }],
        ),
      )
      await store.write(
        'i',
        [{ put: document('a', [values('n', 2)]) }, { put: document('b', []) }, { remove: Buffer.from('b') }],
        'here',
      )
      assert.equal(await keys(all), 'a')
      assert.equal(await keys({ is: 'oneOf', field: 'n', values: [1] }), '')
      assert.equal(await keys({ is: 'oneOf', field: 'n', values: [2n, 7] }), 'a')
      for (const field of ['t', 'p', 'c', 'c.n', 'none'])
        assert.equal(await keys({ is: 'exists', field }), '', field)
      assert.equal(await keys({ is: 'child', path: 'c', of: all }), '')
      assert.equal(await store.noteOf('i'), 'here')
      await put(document('c', []))
      assert.equal(await store.noteOf('i'), 'here')
    })

    it('keeps indexes apart, and clears one in steps', async () => {
      await store.write('other', [{ put: document('z', [values('n', 1), words('t', 'x')]) }])
      await put(
        document('a', [values('n', 1), words('t', 'x')]),
        document('b', [at('p', [0, 0])]),
        document('c', []),
      )
      assert.deepEqual(await store.indexes(), ['i', 'other'])
      assert.equal(await keys({ is: 'oneOf', field: 'n', values: [1] }), 'a')
      assert.equal(await store.clear('i', 2), true)
      assert.equal(await store.count('i', all), 1)
      assert.equal(await store.clear('i', 2), false)
      assert.deepEqual(await store.indexes(), ['other'])
      assert.equal(
        await store.count('other', { is: 'words', field: 't', phrases: [{ words: ['x'] }], atLeast: 1 }),
        1,
      )
    })

    it('compares numbers exactly, and texts by their bytes', async () => {
      await put(
        document('a', [values('n', 9007199254740993n), values('k', '\uff5e')]),
        document('b', [values('n', 1.5, -3), values('k', '\u{1f600}')]),
        document('c', [values('n', 2n ** 63n - 1n), values('k', 'Z', 'a*b')]),
      )
      const range = (field: string, from?: IndexedValue, to?: IndexedValue, inclusive = false) =>
        keys({
          is: 'range',
          field,
          ...(from === undefined ? {} : { from: { value: from, inclusive } }),
          ...(to === undefined ? {} : { to: { value: to, inclusive } }),
        })
      assert.equal(await range('n', 9007199254740992n), 'a c')
      assert.equal(await range('n', 9007199254740993n), 'c')
      assert.equal(await range('n', 1.5, 9007199254740993n, true), 'a b')
      assert.equal(await range('n', undefined, 1), 'b')
      assert.equal(await range('k', '\uff5e'), 'b')
      assert.equal(await range('k', 'Z', 'a'), '')
      const like = (...pattern: Extract<Condition, { is: 'like' }>['pattern'][number][]) =>
        keys({ is: 'like', field: 'k', pattern })
      assert.equal(await like('a', { any: 'one' }, 'b'), 'c')
      assert.equal(await like('a*', { any: 'many' }), 'c')
      assert.equal(await like('a', { any: 'many' }, 'bb'), '')
      assert.equal(await like({ any: 'one' }), 'a b c')
      assert.equal(await like('*b'), '')
    })

    it('combines conditions', async () => {
      await put(
        ...[1, 2, 3, 4].map((n) => document(`${n}`, [values('n', n), ...(n > 2 ? [values('big', 1)] : [])])),
      )
      const is = (n: number): Condition => ({ is: 'oneOf', field: 'n', values: [n] })
      assert.equal(await keys({ is: 'or', of: [is(1), is(3)] }), '1 3')
      assert.equal(await keys({ is: 'and', of: [is(3), { is: 'exists', field: 'big' }] }), '3')
      assert.equal(await keys({ is: 'and', of: [] }), '1 2 3 4')
      assert.equal(await keys({ is: 'or', of: [] }), '')
      assert.equal(
        await keys({ is: 'not', of: { is: 'or', of: [is(1), { is: 'exists', field: 'big' }] } }),
        '2',
      )
      assert.equal(
        await keys({ is: 'atLeast', count: 2, of: [is(3), is(4), { is: 'exists', field: 'big' }] }),
        '3 4',
      )
      assert.equal(await keys({ is: 'atLeast', count: 0, of: [is(3)] }), '1 2 3 4')
    })

    it('finds words whatever they are made of, phrases, and beginnings', async () => {
      await put(
        document('a', [words('t', '北京 京欢 欢迎 迎')]),
        document('b', [words('t', 'Ab ab C++ -')]),
        document('c', [words('t', 'ab ab x " y')]),
      )
      const find = (atLeast: number, ...phrases: string[]) =>
        keys({
          is: 'words',
          field: 't',
          atLeast,
          phrases: phrases.map((text) => ({
            words: text.replace('…', '').split(' '),
            ...(text.endsWith('…') ? { isPrefix: true } : {}),
          })),
        })
      assert.equal(await find(1, '北京 京欢'), 'a')
      assert.equal(await find(1, '北京 欢迎'), '')
      assert.equal(await find(1, '欢…'), 'a')
      assert.equal(await find(1, 'Ab'), 'b')
      assert.equal(await find(1, 'ab', '北京'), 'a b c')
      assert.equal(await find(2, 'ab', 'x', 'Ab'), 'b c')
      assert.equal(await find(2, 'ab', '北京'), '')
      assert.equal(await find(1, 'C++'), 'b')
      assert.equal(await find(1, '" y'), 'c')
      assert.equal(await keys({ is: 'words', field: 'none', phrases: [{ words: ['x'] }], atLeast: 1 }), '')
    })

    it('finds points by distance, in boxes and in polygons', async () => {
      await put(
        document('beijing', [at('p', [39.9042, 116.4074])]),
        document('shanghai', [at('p', [31.2304, 121.4737])]),
        document('fiji', [at('p', [-17.7, 179.9], [-17.7, -179.9])]),
      )
      const center = { latitude: 39.9, longitude: 116.4 }
      assert.equal(await keys({ is: 'near', field: 'p', center, radiusM: 1000 }), 'beijing')
      assert.equal(await keys({ is: 'near', field: 'p', center, radiusM: 500 }), '')
      assert.equal(await keys({ is: 'near', field: 'p', center, radiusM: 1_100_000 }), 'beijing shanghai')
      assert.equal(
        await keys({
          is: 'near',
          field: 'p',
          center: { latitude: -17.7, longitude: -179.95 },
          radiusM: 20_000,
        }),
        'fiji',
      )
      assert.equal(
        await keys({ is: 'inBox', field: 'p', box: { north: 40, south: 30, west: 120, east: 130 } }),
        'shanghai',
      )
      assert.equal(
        await keys({ is: 'inBox', field: 'p', box: { north: 0, south: -20, west: 179.95, east: -179 } }),
        'fiji',
      )
      const corners = [
        [45, 110],
        [45, 120],
        [38, 120],
      ].map(([latitude, longitude]) => ({ latitude: latitude!, longitude: longitude! }))
      assert.equal(await keys({ is: 'inPolygon', field: 'p', corners }), '')
      assert.equal(
        await keys({ is: 'inPolygon', field: 'p', corners: [...corners, { latitude: 38, longitude: 110 }] }),
        'beijing',
      )
      const from = [center]
      assert.equal(
        await sorted({ by: 'distance', field: 'p', from, mode: 'min', descending: false }),
        'beijing shanghai fiji',
      )
    })

    it('finds points that are nearer to zero than a number of 32 bits can be', async () => {
      await put(document('a', [at('p', [1e-90, 1e-90])]))
      const box = { north: 1, south: 1e-150, west: 1e-150, east: 1 }
      assert.equal(await keys({ is: 'inBox', field: 'p', box }), 'a')
      assert.equal(await keys({ is: 'inBox', field: 'p', box: { ...box, south: 1e-80 } }), '')
    })

    it('finds what has children that fulfil all of a condition', async () => {
      const child = (n: number, t: string) => ({
        path: 'c',
        fields: [values('c.n', n), words('c.t', t)],
        children: [],
      })
      await put(
        document('a', [], [child(1, 'x'), child(2, 'y')]),
        document('b', [], [child(1, 'y')]),
        document('c', []),
      )
      const of: Condition = {
        is: 'and',
        of: [
          { is: 'oneOf', field: 'c.n', values: [1] },
          { is: 'words', field: 'c.t', phrases: [{ words: ['y'] }], atLeast: 1 },
        ],
      }
      assert.equal(await keys({ is: 'child', path: 'c', of }), 'b')
      assert.equal(await keys({ is: 'exists', field: 'c' }), 'a b')
      const within = { path: 'c', which: all }
      const sort: SortBy = {
        by: 'value',
        field: 'c.n',
        mode: 'max',
        missing: 'last',
        descending: true,
        within,
      }
      assert.equal(await sorted(sort), 'a b c')
      const score = {
        is: 'children',
        path: 'c',
        which: all,
        mode: 'sum',
        of: { is: 'constant', of: all, value: 2 },
      } as const
      const found = await store.find('i', {
        condition: all,
        score,
        sort: [{ by: 'score', descending: true }, byKey],
        offset: 0,
        limit: 9,
      })
      assert.deepEqual(
        found.map((one) => one.score),
        [4, 2, 0],
      )
    })

    it('sorts in pages, also behind a position', async () => {
      await put(
        document('a', [values('n', 2), values('g', 'x')]),
        document('b', [values('n', 1, 9), values('g', 'x')]),
        document('c', [values('g', 'y')]),
        document('d', [values('n', 2)]),
      )
      const by = (more: object = {}): SortBy => ({
        by: 'value',
        field: 'n',
        mode: 'min',
        missing: 'last',
        descending: false,
        ...more,
      })
      assert.equal(await sorted(by()), 'b a d c')
      assert.equal(await sorted(by({ mode: 'max', missing: 'first', descending: true })), 'c b a d')
      assert.equal(await sorted(by({ mode: 'avg' })), 'a d b c')
      assert.equal(await sorted(by({ missing: { value: 0 } })), 'c b a d')
      assert.equal(await sorted(by(), { collapse: 'g' }), 'b d c')
      assert.equal(await sorted(by(), { offset: 1, limit: 2 }), 'a d')
      for (const missing of ['first', 'last'] as const) {
        for (const descending of [true, false]) {
          const sort = [by({ missing, descending }), byKey]
          const whole = (await keys(all, { sort })).split(' ')
          const pages: string[] = []
          for (let after: DocumentSearch['after']; ; ) {
            const [found] = await store.find('i', {
              condition: all,
              sort,
              offset: 0,
              limit: 1,
              ...(after ? { after } : {}),
            })
            if (!found) break
            pages.push(Buffer.from(found.key).toString())
            after = found
          }
          assert.deepEqual(pages, whole)
        }
      }
    })

    it('scores by BM25, conditions and values', async () => {
      await put(
        document('a', [words('t', 'x x y'), values('n', 1)]),
        document('b', [words('t', 'x y z z z'), values('n', 3)]),
        document('c', [words('t', 'y'), values('n', 2)]),
        document('d', [words('t', 'z')]),
        document('e', [words('t', 'q')]),
      )
      const wanted = { field: 't', phrases: [{ words: ['x'] }], atLeast: 1 }
      const relevance = { is: 'relevance', words: wanted, weight: 2 } as const
      const scores = async (score: DocumentSearch['score']) => {
        const found = await store.find('i', {
          condition: all,
          ...(score ? { score } : {}),
          sort: [{ by: 'score', descending: true }, byKey],
          offset: 0,
          limit: 9,
        })
        return found.map((one) => `${Buffer.from(one.key)}=${one.score!.toFixed(6)}`).join(' ')
      }
      // idf = ln((5 - 2 + 0.5) / (2 + 0.5)), the mean length 11/5.
      const idf = Math.log(3.5 / 2.5)
      const of = (times: number, length: number) =>
        (2 * (idf * times * 2.2)) / (times + 1.2 * (0.25 + (0.75 * length) / 2.2))
      const expected = `a=${of(2, 3).toFixed(6)} b=${of(1, 5).toFixed(6)} c=0.000000 d=0.000000 e=0.000000`
      assert.equal(await scores(relevance), expected)
      // What was removed or written over counts no more, neither as a document nor with its length.
      await put(document('e', [words('t', 'x x x x x x x x')]), document('f', [words('t', 'z z z z')]))
      await store.write('i', [{ remove: Buffer.from('f') }])
      await put(document('e', [words('t', 'q')]))
      assert.equal(await scores(relevance), expected)
      const constant = { is: 'constant', of: { is: 'words', ...wanted }, value: 1.5 } as const
      assert.equal(
        await scores({ is: 'sum', of: [constant, constant] }),
        'a=3.000000 b=3.000000 c=0.000000 d=0.000000 e=0.000000',
      )
      assert.equal(
        await scores({ is: 'times', field: 'n', of: constant }),
        'b=4.500000 a=1.500000 c=0.000000 d=0.000000 e=0.000000',
      )
    })

    it('measures and groups', async () => {
      await put(
        document('a', [values('n', 1n, 4n), values('k', 'x')]),
        document('b', [values('n', 4n), values('k', 'y', 'x')]),
        document('c', [values('k', 'z')]),
      )
      assert.deepEqual(await store.measure('i', all, { field: 'n' }), {
        count: 3,
        distinct: 2,
        sum: 9,
        min: 1n,
        max: 4n,
      })
      const some: Condition = { is: 'oneOf', field: 'k', values: ['x'] }
      assert.equal((await store.measure('i', { is: 'not', of: some }, { field: 'n', missing: 7n })).sum, 7)
      assert.deepEqual(await store.quantiles('i', all, { field: 'n', fractions: [0, 0.25, 1] }), [1, 2.5, 4])
      const groups = async (more: object) => {
        const wanted = { field: 'k', order: [], atLeast: 1, limit: 10, ...more }
        return (await store.groups('i', all, wanted)).map(({ key, count }) => `${key}:${count}`).join(' ')
      }
      assert.equal(await groups({}), 'x:2 y:1 z:1')
      assert.equal(
        await groups({
          order: [
            { by: 'count', descending: false },
            { by: 'key', descending: true },
          ],
        }),
        'z:1 y:1 x:2',
      )
      assert.equal(await groups({ atLeast: 2 }), 'x:2')
      assert.equal(await groups({ limit: 1 }), 'x:2')
      assert.equal(
        await groups({ field: 'n', missing: -1n, interval: { width: 3, offset: 1 } }),
        '-2:1 1:1 4:2',
      )
    })

    if (reopen) {
      it('has everything after it was opened again', async () => {
        await store.write('i', [{ put: document('a', [words('t', 'x'), values('n', 3)]) }], 'noted')
        store = await reopen(store)
        assert.equal(await keys({ is: 'words', field: 't', phrases: [{ words: ['x'] }], atLeast: 1 }), 'a')
        assert.equal(await store.noteOf('i'), 'noted')
      })
    }
  })
}

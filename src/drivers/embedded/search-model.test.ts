/** Random documents and random questions: the same answers on the disk as in memory, also after it was opened again. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type {
  Condition,
  DocumentField,
  IndexedValue,
  Score,
  SearchDocument,
  SearchIndexStore,
  SortBy,
} from '../../ports/search-index.ts'
import { memorySearchIndexes } from '../memory/search-index.ts'
import { sqliteSearchIndexes } from './search-index.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom<IndexedValue>(0.5, 2n ** 53n + 1n, -(2n ** 63n)),
)
const text = fc.oneof(
  fc.constantFrom('', 'x', 'xy', '*', '\u{1f600}', '\uff5e'),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
)
const word = fc.constantFrom('x', 'X', 'xy', '京', '+', '"')
const point = fc.record({
  latitude: fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(0, 10)),
  longitude: fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(0, 10)),
})

const several = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 })
const maybe = (field: fc.Arbitrary<DocumentField>) => fc.option(field, { nil: undefined })
const content = (prefix: string) =>
  fc
    .tuple(
      maybe(several(number).map((values) => ({ name: `${prefix}n`, values }))),
      maybe(several(text).map((values) => ({ name: `${prefix}k`, values }))),
      maybe(fc.array(word, { maxLength: 5 }).map((words) => ({ name: `${prefix}t`, words }))),
      maybe(several(point).map((points) => ({ name: `${prefix}p`, points }))),
    )
    .map((fields) => fields.filter((field) => field !== undefined))
const document = fc.tuple(key, content(''), fc.array(content('c.'), { maxLength: 2 })).map(
  ([name, fields, children]): SearchDocument => ({
    key: Buffer.from(name),
    fields,
    children: children.map((inner) => ({ path: 'c', fields: inner, children: [] })),
  }),
)

const words = (prefix: string) =>
  fc.record({
    field: fc.constant(`${prefix}t`),
    phrases: fc.uniqueArray(
      fc.record({ words: fc.array(word, { minLength: 1, maxLength: 2 }), isPrefix: fc.boolean() }),
      { minLength: 1, maxLength: 3, selector: (phrase) => JSON.stringify(phrase) },
    ),
    atLeast: fc.integer({ min: 1, max: 3 }),
  })
const end = (value: fc.Arbitrary<IndexedValue>) => fc.record({ value, inclusive: fc.boolean() })
const leaf = (prefix: string): fc.Arbitrary<Condition> => {
  const field = (name: string) => fc.constant(prefix + name)
  const values = (name: string, value: fc.Arbitrary<IndexedValue>): fc.Arbitrary<Condition>[] => [
    fc.record({ is: fc.constant('range' as const), field: field(name), from: end(value) }),
    fc.record({ is: fc.constant('range' as const), field: field(name), from: end(value), to: end(value) }),
    fc.record({ is: fc.constant('oneOf' as const), field: field(name), values: several(value) }),
  ]
  const edges = fc.tuple(point, point).map(([a, b]) => ({
    north: Math.max(a.latitude, b.latitude),
    south: Math.min(a.latitude, b.latitude),
    west: a.longitude,
    east: b.longitude,
  }))
  return fc.oneof(
    ...values('n', number),
    ...values('k', text),
    fc.constant<Condition>({ is: 'all' }),
    fc.record({
      is: fc.constant('exists' as const),
      field: fc.constantFrom('n', 'k', 't', 'p').map((name) => prefix + name),
    }),
    words(prefix).map((wanted): Condition => ({ is: 'words', ...wanted })),
    fc.record({
      is: fc.constant('like' as const),
      field: field('k'),
      pattern: fc.array(fc.constantFrom('x', '*', { any: 'one' as const }, { any: 'many' as const }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
    fc.record({
      is: fc.constant('near' as const),
      field: field('p'),
      center: point,
      radiusM: fc.double({ min: 0, max: 2e7, noNaN: true }),
    }),
    fc.record({ is: fc.constant('inBox' as const), field: field('p'), box: edges }),
    fc.record({
      is: fc.constant('inPolygon' as const),
      field: field('p'),
      corners: fc.array(point, { minLength: 3, maxLength: 5 }),
    }),
  )
}
const combined = (one: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> =>
  fc.oneof(
    one,
    fc.record({ is: fc.constantFrom('and' as const, 'or' as const), of: fc.array(one, { maxLength: 3 }) }),
    fc.record({ is: fc.constant('not' as const), of: one }),
    fc.record({ is: fc.constant('atLeast' as const), count: fc.nat(3), of: fc.array(one, { maxLength: 3 }) }),
  )
const inner = combined(leaf('c.'))
const condition = combined(
  fc.oneof(
    { arbitrary: leaf(''), weight: 4 },
    { arbitrary: inner.map((of): Condition => ({ is: 'child', path: 'c', of })), weight: 1 },
  ),
)

const mode = fc.constantFrom('min' as const, 'max' as const)
const within = fc.option(fc.record({ path: fc.constant('c'), which: inner }), { nil: undefined })
const sortBy: fc.Arbitrary<SortBy> = fc.oneof(
  fc
    .record({
      by: fc.constant('value' as const),
      field: fc.constantFrom('n', 'k'),
      mode,
      missing: fc.oneof(fc.constantFrom('first' as const, 'last' as const), fc.record({ value: number })),
      descending: fc.boolean(),
      within,
    })
    .map(({ within: where, field, ...rest }) => ({
      ...rest,
      ...(where ? { within: where, field: `c.${field}` } : { field }),
    })),
  fc.record({
    by: fc.constant('distance' as const),
    field: fc.constant('p'),
    from: several(point),
    mode,
    descending: fc.boolean(),
  }),
  fc.record({ by: fc.constant('score' as const), descending: fc.boolean() }),
)
const scoreLeaf: fc.Arbitrary<Score> = fc.oneof(
  fc.record({ is: fc.constant('constant' as const), of: condition, value: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ is: fc.constant('relevance' as const), words: words(''), weight: fc.constantFrom(1, 2) }),
  fc.record({
    is: fc.constant('children' as const),
    path: fc.constant('c'),
    which: inner,
    of: fc.record({ is: fc.constant('relevance' as const), words: words('c.'), weight: fc.constant(1) }),
    mode: fc.constantFrom('min' as const, 'max' as const, 'avg' as const, 'sum' as const),
  }),
)
const score: fc.Arbitrary<Score> = fc.oneof(
  scoreLeaf,
  fc.record({ is: fc.constant('sum' as const), of: fc.array(scoreLeaf, { maxLength: 3 }) }),
  fc.record({ is: fc.constant('times' as const), field: fc.constant('n'), of: scoreLeaf }),
)

const question = fc.record({
  is: fc.constant('ask' as const),
  condition,
  score,
  sort: fc.array(sortBy, { maxLength: 2 }),
  offset: fc.nat(2),
  limit: fc.nat(5),
  collapse: fc.option(fc.constant('k'), { nil: undefined }),
  missing: fc.option(number, { nil: undefined }),
})
const steps = fc.array(
  fc.oneof(
    {
      arbitrary: fc.record({
        is: fc.constant('write' as const),
        changes: fc.array(
          fc.oneof(
            { arbitrary: document.map((put) => ({ put })), weight: 4 },
            { arbitrary: key.map((name) => ({ remove: Buffer.from(name) })), weight: 1 },
          ),
          { maxLength: 5 },
        ),
      }),
      weight: 3,
    },
    { arbitrary: question, weight: 6 },
    { arbitrary: fc.constant({ is: 'reopen' as const }), weight: 1 },
  ),
  { minLength: 10, maxLength: 30 },
)
type Question = typeof question extends fc.Arbitrary<infer Q> ? Q : never

/** Sums of floating point numbers depend on their order; and of values that are equal, 1 and 1n, either may be told. */
const rounded = (value: IndexedValue | null | undefined): unknown =>
  typeof value === 'number' || (typeof value === 'bigint' && Math.abs(Number(value)) < 2 ** 30)
    ? Number(value).toPrecision(9)
    : value

async function answers(store: SearchIndexStore, index: string, asked: Question): Promise<unknown> {
  const { condition: which, sort, collapse, missing, score: points, offset, limit } = asked
  const order: SortBy[] = [...sort, { by: 'key', descending: false }]
  const search = {
    condition: which,
    score: points,
    sort: order,
    offset,
    limit,
    ...(collapse ? { collapse } : {}),
  }
  // Scores that differ in their last digits are in another order: then the rows are not compared by place.
  const isExact = !sort.some(({ by }) => by === 'score')
  const found = await store.find(
    index,
    isExact ? search : ({ ...search, offset: 0, limit: 100, ...{ collapse: undefined } } as typeof search),
  )
  const first = found[0]
  const rest =
    first && isExact && !collapse ? await store.find(index, { ...search, offset: 0, after: first }) : []
  const named = found.map(({ key: name, values, score: one }) => [
    Buffer.from(name).toString(),
    values.map(rounded),
    rounded(one),
  ])
  const field = { field: 'n', ...(missing === undefined ? {} : { missing }) }
  const measured = await store.measure(index, which, field)
  return {
    found: isExact ? named : named.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
    rest: rest.map(({ key: name }) => Buffer.from(name).toString()),
    count: await store.count(index, which),
    measured: {
      ...measured,
      sum: rounded(measured.sum),
      min: String(measured.min),
      max: String(measured.max),
    },
    quantiles: (await store.quantiles(index, which, { ...field, fractions: [0, 0.3, 1] })).map(rounded),
    groups: (
      await store.groups(index, which, {
        ...field,
        order: [{ by: 'count', descending: true }],
        atLeast: 1,
        limit: 3,
      })
    ).map(({ key: name, count }) => [String(name), count]),
    ranges: await store.groups(index, which, {
      ...field,
      order: [],
      atLeast: 1,
      limit: 3,
      interval: { width: 2, offset: 1 },
    }),
  }
}

test('a search index on the disk answers as one in memory', async () => {
  // One file for all runs, as opening it starts two threads; an index of its own for each.
  const file = newPath('search.db')
  let disk = sqliteSearchIndexes({ file })
  const memory = memorySearchIndexes()
  let runs = 0
  try {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const index = `i${runs++}`
        for (const step of all) {
          if (step.is === 'write') {
            await memory.write(index, step.changes)
            await disk.write(index, step.changes)
          } else if (step.is === 'reopen') {
            await disk.close()
            disk = sqliteSearchIndexes({ file })
          } else assert.deepEqual(await answers(disk, index, step), await answers(memory, index, step))
        }
      }),
      // To find a smaller case takes minutes, with a file for each try: by the seed that is printed, not in every run.
      { numRuns: 5, endOnFailure: true },
    )
  } finally {
    await disk.close()
  }
})

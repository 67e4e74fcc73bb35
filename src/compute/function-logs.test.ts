import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryStreamStore } from '../drivers/memory/streams.ts'
import { ManualClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import type { StreamStore } from '../ports/streams.ts'
import { functionLogs, type LogQuery } from './function-logs.ts'

const query = { accountId: '1', functionName: 'f' }

function open({ bytesMax = 64 * 1024 * 1024, streams = memoryStreamStore() } = {}) {
  const clock = new ManualClock(1_700_000_000_000)
  const logs = functionLogs({ streams, clock, log: silentLogger, bytesMaxPerFunction: bytesMax })
  const write = (text: string, fields: object = {}) =>
    logs.write({
      ...query,
      qualifier: 'LATEST',
      instanceId: 'c-1',
      requestId: 'r-1',
      timeMs: clock.now(),
      text,
      ...fields,
    })
  const read = async (more: Partial<LogQuery> = {}) => {
    const found: { message: string; cursor: string; requestId: string; time: string }[] = []
    const options = { follow: false, signal: new AbortController().signal }
    for await (const { line, cursor } of logs.read({ ...query, ...more }, options))
      found.push({ message: line.message, cursor, requestId: line.requestId, time: line.time })
    return found
  }
  const messages = async (more: Partial<LogQuery> = {}) => (await read(more)).map(({ message }) => message)
  return { clock, logs, streams, write, read, messages }
}

test('every line that was written is read back, in order, whatever is in it and however writes are put together', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text, request: fc.constantFrom('', 'r-1', 'r-2'), later: fc.boolean() })),
      async (writes) => {
        const { clock, write, read } = open()
        const times: string[] = []
        for (const { text: line, request, later } of writes) {
          if (later) clock.jump(1)
          times.push(new Date(clock.now()).toISOString())
          write(`${line.replaceAll('\n', ' ')}\n`, { requestId: request })
        }
        const expected = writes.map(({ text: line, request }, index) => ({
          time: times[index],
          // A lone surrogate has no UTF-8, and the mark between writes is ours.
          message: line.replaceAll('\n', ' ').replaceAll('\u0001', '\uFFFD').toWellFormed(),
          requestId: request,
        }))
        const found = (await read()).map(({ time, message, requestId }) => ({ time, message, requestId }))
        assert.deepEqual(found, expected)
      },
    ),
  )
})

test('lines are kept within a tenth of a second without anybody reading', async () => {
  const { clock, streams, write } = open()
  write('one\n')
  clock.advance(99)
  await turn()
  assert.equal(await streams.stat('function-logs/1/f'), undefined)
  clock.advance(1)
  await turn()
  assert.equal((await streams.stat('function-logs/1/f'))!.last, 1)
})

test('what is written while lines are kept waits for its own time, unless somebody asks or it has become much', async () => {
  const kept = memoryStreamStore()
  const commits: (() => void)[] = []
  const streams: StreamStore = {
    ...kept,
    async append(name, entries) {
      await new Promise<void>((resolve) => commits.push(resolve))
      return kept.append(name, entries)
    },
  }
  const { clock, logs, write, messages } = open({ streams })
  const commit = async () => {
    commits.shift()!()
    await turn()
  }
  write('one\n')
  clock.advance(100)
  write('two\n')
  await commit()
  assert.equal(commits.length, 0)
  clock.advance(100)
  assert.equal(commits.length, 1)
  write('three\n')
  const asked = logs.flush()
  await commit()
  await commit()
  await asked
  write(`${'x'.repeat(600_000)}\n`)
  await commit()
  assert.deepEqual((await messages()).slice(0, 3), ['one', 'two', 'three'])
})

test('is asked by request, by instance, by time, for what follows a cursor, and for the newest', async () => {
  const { clock, logs, write, read, messages } = open()
  write('one\ntwo\n')
  await logs.flush()
  clock.jump(1000)
  write('three\n', { requestId: 'r-2' })
  write('four\n', { instanceId: 'c-2' })
  assert.deepEqual(await messages({ requestId: 'r-2' }), ['three'])
  assert.deepEqual(await messages({ instanceId: 'c-2' }), ['four'])
  assert.deepEqual(await messages({ sinceMs: clock.now() }), ['three', 'four'])
  assert.deepEqual(await messages({ tail: 3 }), ['two', 'three', 'four'])
  const all = await read()
  for (const [index, { cursor }] of all.entries())
    assert.deepEqual(
      await messages({ cursor }),
      all.slice(index + 1).map(({ message }) => message),
    )
  assert.deepEqual(await messages({ functionName: 'other' }), [])
})

test('a follower gets what is written later, each line once, until it goes away', async () => {
  const { logs, write } = open()
  write('before\n')
  const stop = new AbortController()
  const seen: string[] = []
  const following = (async () => {
    for await (const { line } of logs.read(query, { follow: true, signal: stop.signal })) {
      seen.push(line.message)
      if (line.message === 'last') stop.abort()
    }
  })()
  await turn()
  for (const text of ['one\n', 'two\nthree\n', 'last\n']) {
    write(text)
    await logs.flush()
    await turn()
  }
  await following
  assert.deepEqual(seen, ['before', 'one', 'two', 'three', 'last'])
})

test('a flood is bounded in memory, of long lines and of empty ones, and what was dropped is counted', async () => {
  for (const [text, requests] of [
    [`${'x'.repeat(1000)}\n`, false],
    ['\n', true],
  ] as const) {
    const { logs, write, messages } = open()
    const count = 100_000
    for (let index = 0; index < count; index++) write(text, requests ? { requestId: `r-${index}` } : {})
    await logs.flush()
    const kept = await messages()
    const dropped = Number(/^(\d+) writes were dropped/.exec(kept.at(-1)!)![1])
    assert.equal(kept.length - 1 + dropped, count)
    assert.ok(kept.length < 21_000, `${kept.length}`)
  }
})

test('keeps no more than its bound, and the newest lines of it', async () => {
  const { logs, streams, write, messages } = open({ bytesMax: 100_000 })
  for (let index = 0; index < 500; index++) {
    // First many small entries, then large ones.
    write(index < 400 ? `small ${index}\n` : `large ${index} ${'x'.repeat(10_000)}\n`)
    await logs.flush()
    const { sizeBytes } = (await streams.stat('function-logs/1/f'))!
    assert.ok(sizeBytes <= 100_000, `${sizeBytes}`)
  }
  const kept = await messages()
  assert.match(kept.at(-1)!, /^large 499 /)
  assert.ok(kept.length >= 5, `${kept.length}`)
  // A single entry that is larger than the bound is kept all the same: it is the newest.
  write(`${`${'y'.repeat(1000)}\n`.repeat(300)}`)
  await logs.flush()
  assert.equal((await messages()).length, 300)
})

test('a store that fails loses its lines and nothing else', async () => {
  const streams = memoryStreamStore()
  const failing = { ...streams, append: () => Promise.reject(new Error('disk full')) }
  const { logs, write } = open({ streams: failing })
  write('lost\n')
  await logs.flush()
  assert.equal(await streams.stat('function-logs/1/f'), undefined)
})

test('a function that was removed has no log, and a new one of its name starts anew', async () => {
  const { logs, write, messages } = open()
  write('old\n')
  await logs.remove('1', 'f')
  write('new\n')
  assert.deepEqual(await messages(), ['new'])
})

test('a start forgets the logs of functions that are not there, and no others', async () => {
  const { logs, streams, write } = open()
  const existing = new Set(['1/f', '2/gone'])
  for (const [accountId, functionName] of [['1', 'f'], ['1', 'gone'], ['2', 'gone']]) // biome-ignore format: a table
    write('line\n', { accountId, functionName })
  await logs.flush()
  await streams.append('other/1/gone', [Buffer.from('x')])
  const removed = await logs.sweepAtStart(async (account, name) => existing.has(`${account}/${name}`))
  assert.equal(removed, 1)
  assert.deepEqual(await streams.list(''), ['function-logs/1/f', 'function-logs/2/gone', 'other/1/gone'])
})

test('closing keeps what was written last', async () => {
  const { logs, streams, write } = open()
  write('last\n')
  await logs.close()
  assert.equal((await streams.stat('function-logs/1/f'))!.last, 1)
})

test('closing keeps what comes while the last is written', async () => {
  const kept = memoryStreamStore()
  const late: (() => void)[] = []
  const streams: StreamStore = {
    ...kept,
    append(name, entries) {
      late.pop()?.()
      return kept.append(name, entries)
    },
  }
  const { logs, write } = open({ streams })
  late.push(() => write('the last words\n'))
  write('last\n')
  await logs.close()
  assert.equal((await kept.stat('function-logs/1/f'))!.last, 2)
})

const turn = () => new Promise<void>((done) => setImmediate(done))

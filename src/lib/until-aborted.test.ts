import assert from 'node:assert/strict'
import { test } from 'node:test'
import { untilAborted } from './until-aborted.ts'

async function* pieces(log: string[] = []) {
  try {
    yield 1
    yield 2
  } finally {
    log.push('released')
  }
}
async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const piece of source) collected.push(piece)
  return collected
}

test('passes all pieces on, with and without a signal', async () => {
  assert.deepEqual(await collect(untilAborted(pieces(), undefined)), [1, 2])
  assert.deepEqual(await collect(untilAborted(pieces(), new AbortController().signal)), [1, 2])
})

test('throws the reason at once when the source is stuck', async () => {
  const abort = new AbortController()
  const stuck = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
  const collected = collect(untilAborted(stuck, abort.signal))
  abort.abort(new Error('client went away'))
  await assert.rejects(collected, /client went away/)
})

test('asks for nothing when it was aborted before it began', async () => {
  await assert.rejects(collect(untilAborted(pieces(), AbortSignal.abort(new Error('too late')))), /too late/)
})

test('releases the source when the consumer stops early, and passes its failure on', async () => {
  const log: string[] = []
  for await (const piece of untilAborted(pieces(log), new AbortController().signal)) if (piece === 1) break
  assert.deepEqual(log, ['released'])

  const failing = (async function* () {
    yield 1
    throw new Error('cut off')
  })()
  await assert.rejects(collect(untilAborted(failing, new AbortController().signal)), /cut off/)
})

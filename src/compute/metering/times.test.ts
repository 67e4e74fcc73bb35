import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ActiveTime } from './active-time.ts'
import { chargedText, decodeLine, heldLine, invocationLine, lostLine } from './entry.ts'
import { heldPieces, hourMs } from './held-time.ts'

const total = (pieces: { cpuMs: number; heldMs: number }[]) => ({
  cpuMs: pieces.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  heldMs: pieces.reduce((sum, { heldMs }) => sum + heldMs, 0),
})

test("processor time of what is held is rounded up to 10 s: the vendor's examples", () => {
  const held = (toMs: number) => total(heldPieces({ sinceMs: 0, fromMs: 0, toMs }))
  assert.deepEqual(held(51_000), { cpuMs: 60_000, heldMs: 51_000 })
  assert.deepEqual(held(61_000), { cpuMs: 70_000, heldMs: 61_000 })
  assert.deepEqual(held(60_000), { cpuMs: 60_000, heldMs: 60_000 })
  assert.deepEqual(heldPieces({ sinceMs: 0, fromMs: 5, toMs: 5 }), [])
  assert.throws(() => heldPieces({ sinceMs: 0, fromMs: 5, toMs: 4 }), RangeError)
  assert.throws(() => heldPieces({ sinceMs: 6, fromMs: 5, toMs: 7 }), RangeError)
})

test('held time that is reported in parts adds up to the whole, each piece within one hour', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 2 * hourMs }),
      fc.array(fc.nat({ max: 2 * hourMs }), { minLength: 1, maxLength: 8 }),
      (sinceMs, lengths) => {
        let atMs = sinceMs
        const parts = lengths.flatMap((lengthMs) => {
          const fromMs = atMs
          atMs += lengthMs
          return heldPieces({ sinceMs, fromMs, toMs: atMs })
        })
        assert.deepEqual(total(parts), total(heldPieces({ sinceMs, fromMs: sinceMs, toMs: atMs })))
        const heldMs = atMs - sinceMs
        assert.deepEqual(total(parts), { heldMs, cpuMs: Math.ceil(heldMs / 10_000) * 10_000 })
        for (const { endedMs, heldMs: pieceMs } of parts) {
          assert.equal(Math.floor(endedMs / hourMs), Math.floor((endedMs + 1 - pieceMs) / hourMs))
        }
      },
    ),
  )
})

test('calls at the same time on one instance are charged for the time in which there is any', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 1000 }), fc.integer({ min: 1, max: 1000 })), { minLength: 1, maxLength: 20 }), // biome-ignore format: one line
      (spans) => {
        const events = spans
          .flatMap(([start, length]) => [
            { atMs: start, is: 'begin' },
            { atMs: start + length, is: 'end' },
          ])
          .sort((a, b) => a.atMs - b.atMs || a.is.localeCompare(b.is))
        const instance = {}
        const active = new ActiveTime()
        let charged = 0
        for (const { atMs, is } of events) {
          if (is === 'begin') active.begin(instance, atMs)
          else charged += active.end(instance, atMs)
        }
        const union = new Set(spans.flatMap(([start, length]) => Array.from({ length }, (_, n) => start + n)))
        assert.equal(charged, union.size)
        assert.throws(() => active.end(instance, 2000))
      },
    ),
  )
})

test('three calls of ten seconds at once are ten seconds', () => {
  const active = new ActiveTime()
  const instance = {}
  for (let call = 0; call < 3; call++) active.begin(instance, 0.25)
  assert.deepEqual([1, 2, 3].map(() => active.end(instance, 10_000.25)), [10_000, 0, 0]) // biome-ignore format: one line
})

test('an entry is read as it was written; what is not known is refused', () => {
  const charged = {
    accountId: '1',
    region: 'cn-hangzhou',
    functionName: 'f_1',
    versionId: '3',
    memoryMb: 512,
    cpuHundredths: 35,
    diskMb: 10_240,
  }
  const ended = { endedMs: 1_790_000_000_000, instanceId: 'c-1', qualifier: 'live' }
  const call = { ...ended, requestId: 'r', retryCount: 2, outcome: 'succeeded', billedMs: 3, activeMs: 1 }
  const onDemand = { ...charged, kind: 'onDemand' } as const
  const line = invocationLine(call, chargedText(onDemand))
  assert.deepEqual(decodeLine(line), { is: 'invocation', ...onDemand, ...call })
  const odd = invocationLine({ ...call, requestId: 'a\tb\t\n' }, chargedText(onDemand))
  assert.deepEqual(decodeLine(odd), { is: 'invocation', ...onDemand, ...call, requestId: 'a b  ' })
  const asleep = { ...charged, kind: 'lightSleep' } as const
  const time = { ...ended, qualifier: '', heldMs: 5, cpuMs: 0 }
  assert.deepEqual(decodeLine(heldLine(time, chargedText(asleep))), { is: 'held', ...asleep, ...time })
  assert.deepEqual(decodeLine(lostLine({ endedMs: 7, invocations: 9 })), { is: 'lost', endedMs: 7, invocations: 9 }) // biome-ignore format: one line
  assert.throws(() => decodeLine('i2\t1'), /knows no entries of kind 'i2'/)
  assert.throws(() => decodeLine(''), /knows no entries/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvocationLog, logTailBytes } from './invocation-log.ts'
import type { LogEntry } from './log-sink.ts'

const origin = { accountId: '1', functionName: 'f', qualifier: 'LATEST', instanceId: 'c-1' }

function newLog(wantTail = true) {
  const entries: LogEntry[] = []
  const sink = { write: (entry: LogEntry) => void entries.push(entry) }
  const log = new InvocationLog(origin, { requestId: 'r', wantTail, sink, now: () => 7 })
  return { log, entries }
}

test('writes at once, with where it comes from, and holds the first line until the second', () => {
  const { log, entries } = newLog()
  log.hold('start')
  assert.deepEqual(entries, [])
  log.write('one\n')
  log.write('two\n')
  assert.deepEqual(entries, [
    { ...origin, requestId: 'r', timeMs: 7, text: 'start\none\n' },
    { ...origin, requestId: 'r', timeMs: 7, text: 'two\n' },
  ])
})

test('has a tail only for those who asked for one', () => {
  const { log } = newLog(false)
  log.write('one\n')
  assert.equal(log.tail(), undefined)
})

test('keeps the last 4 KB of everything, never half a character', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 3000 }), { maxLength: 20 }), (texts) => {
      const { log } = newLog()
      const lines = texts.map((text) => `${text.replaceAll('\n', '')}\n`)
      for (const line of lines) log.write(line)
      const whole = Buffer.from(lines.join(''))
      const tail = Buffer.from(log.tail()!)
      assert.ok(tail.length <= logTailBytes)
      assert.ok(tail.length > Math.min(whole.length, logTailBytes) - 4)
      assert.ok(whole.subarray(whole.length - tail.length).equals(tail))
      assert.ok(!tail.toString().includes('\uFFFD') || lines.join('').includes('\uFFFD'))
    }),
  )
})

test('cuts a line of more than 32 K characters and says so; many short lines are left as they are', () => {
  const { log, entries } = newLog(false)
  const short = `${'y'.repeat(1000)}\n`.repeat(100)
  log.write(`before\n${'x'.repeat(40_000)}\nafter\n`)
  log.write(short)
  log.write(`${'z'.repeat(32 * 1024)}\n`)
  assert.equal(entries[0]!.text, `before\n${'x'.repeat(32 * 1024)}... Truncated by FunctionCompute\nafter\n`)
  assert.equal(entries[1]!.text, short)
  assert.equal(entries[2]!.text, `${'z'.repeat(32 * 1024)}\n`)
})

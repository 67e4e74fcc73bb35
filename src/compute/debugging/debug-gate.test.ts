import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DebugGate, type Entrance } from './debug-gate.ts'

/** What each of these calls is told, as far as it is. */
function follow(gate: DebugGate, signals: (AbortSignal | undefined)[]): (Entrance | undefined)[] {
  const told: (Entrance | undefined)[] = signals.map(() => undefined)
  signals.forEach((signal, index) => {
    void gate.enter(signal).then((how) => {
      told[index] = how
    })
  })
  return told
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('one after the other, in the order in which they came; who goes away makes no room', async () => {
  const gate = new DebugGate(1)
  const leaving = new AbortController()
  const told = follow(gate, [undefined, leaving.signal, undefined])
  await settled()
  assert.deepEqual(told, ['entered', undefined, undefined])
  leaving.abort()
  await settled()
  assert.deepEqual(told, ['entered', 'left', undefined])
  gate.leave()
  await settled()
  assert.deepEqual(told, ['entered', 'left', 'entered'])
  assert.equal(await gate.enter(AbortSignal.abort()), 'left')
})

test('a hundred may wait', async () => {
  const gate = new DebugGate(1)
  const told = follow(
    gate,
    Array.from({ length: 102 }, () => undefined),
  )
  await settled()
  assert.deepEqual([told[0], told[1], told[100], told[101]], ['entered', undefined, undefined, 'full'])
})

test('when all calls are ended, who waits is sent away, and who comes later may enter', async () => {
  const gate = new DebugGate(1)
  const leaving = new AbortController()
  const told = follow(gate, [undefined, leaving.signal, undefined])
  gate.sendAway()
  leaving.abort()
  gate.leave()
  await settled()
  assert.deepEqual(told, ['entered', 'sentAway', 'sentAway'])
  assert.equal(await gate.enter(undefined), 'entered')
})

test('once it is open nobody waits', async () => {
  const gate = new DebugGate(1)
  const told = follow(gate, [undefined, undefined])
  gate.open()
  await settled()
  assert.deepEqual(told, ['entered', 'entered'])
  assert.equal(await gate.enter(undefined), 'entered')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiError } from '../../../../wire/api-error.ts'
import type { AppRecord, TrafficSpecial } from '../../records.ts'
import { TrafficCounters, trafficRule } from './traffic.ts'

const api = { apiId: 'a', stage: 'RELEASE' } as const
const app = (appId: number) => ({ app: { appId } as AppRecord })

/** How many of `times` calls are let through, and by what the first was refused. */
function calls(
  counters: TrafficCounters,
  rule: ReturnType<typeof trafficRule>,
  times: number,
  {
    caller = {},
    nowMs = 0,
    at = api,
  }: { caller?: object; nowMs?: number; at?: { apiId: string; stage: 'RELEASE' | 'PRE' } } = {},
): [number, string | undefined] {
  let admitted = 0
  let message: string | undefined
  for (let call = 0; call < times; call++) {
    try {
      counters.admit(rule, at, caller, { accountId: '1', nowMs })
      admitted++
    } catch (error) {
      assert.equal((error as ApiError).status, 429)
      message ??= (error as ApiError).message
    }
  }
  return [admitted, message]
}

const limits = (
  fields: {
    apiDefault?: number
    userDefault?: number
    appDefault?: number
    specials?: readonly TrafficSpecial[]
  } = {},
) => trafficRule('r', { unit: 'MINUTE', apiDefault: 5, specials: [], ...fields })

test('an API is called as often as it may be in each unit of time, in each stage by itself', () => {
  const counters = new TrafficCounters()
  const throttled = 'Throttled by API Flow Control'
  assert.deepEqual(calls(counters, limits(), 7, { nowMs: 59_000 }), [5, throttled])
  assert.deepEqual(calls(counters, limits(), 7, { nowMs: 60_000 }), [5, throttled])
  assert.deepEqual(calls(counters, limits(), 1, { nowMs: 119_999 }), [0, throttled])
  assert.deepEqual(calls(counters, limits(), 7, { nowMs: 60_000, at: { ...api, stage: 'PRE' } }), [
    5,
    throttled,
  ])
})

test('apps have limits of their own, all apps of an account one together, and those named special ones', () => {
  const counters = new TrafficCounters()
  const rule = limits({
    apiDefault: 50,
    userDefault: 4,
    appDefault: 3,
    specials: [{ type: 'APP', key: '9', value: 1 }],
  })
  assert.deepEqual(calls(counters, rule, 4, { caller: app(1) }), [3, 'Throttled by APP Flow Control'])
  assert.deepEqual(calls(counters, rule, 4, { caller: app(2) }), [1, 'Throttled by USER Flow Control'])
  // A special app does not count for its account.
  assert.deepEqual(calls(counters, rule, 4, { caller: app(9) }), [1, 'Throttled by APP Flow Control'])
  const next = { nowMs: 60_000 }
  const wider = limits({ userDefault: 1, specials: [{ type: 'USER', key: '1', value: 3 }] })
  assert.deepEqual(calls(counters, wider, 4, { caller: app(1), ...next }), [
    3,
    'Throttled by USER Flow Control',
  ])
})

test('what one limit refuses does not use up another', () => {
  const counters = new TrafficCounters()
  const rule = limits({ appDefault: 1 })
  calls(counters, rule, 100, { caller: app(1) })
  assert.deepEqual(calls(counters, rule, 1, { caller: app(2) }), [1, undefined])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromAsyncConfig, toAsyncConfig } from './async-config.ts'

const destination = (arn: string) => ({ destinationConfig: { onSuccess: { destination: arn } } })

for (const [ofServices, kept] of [
  ['acs:fc:r:1:services/s.LATEST/functions/f', 'acs:fc:r:1:functions/s$f'],
  ['acs:fc:r:1:services/s.prod/functions/f', 'acs:fc:r:1:functions/s$f/prod'],
  ['acs:fc:::services/s.1/functions/f-2', 'acs:fc:::functions/s$f-2/1'],
  ['acs:fc:r:1:functions/f', 'acs:fc:r:1:functions/f'],
  ['acs:mns:r:1:/queues/q/messages', 'acs:mns:r:1:/queues/q/messages'],
] as const) {
  test(`the destination '${ofServices}' is kept as '${kept}'`, () => {
    assert.deepEqual(toAsyncConfig(destination(ofServices)), destination(kept))
    const shown = fromAsyncConfig(destination(kept), 's$f', 'LATEST')
    assert.deepEqual(shown['destinationConfig'], destination(ofServices).destinationConfig)
  })
}

test('a destination without a qualifier is LATEST', () => {
  assert.deepEqual(
    toAsyncConfig(destination('acs:fc:r:1:services/s/functions/f')),
    destination('acs:fc:r:1:functions/s$f'),
  )
})

test('what is not an object is left to the check of API 2023-03-30', () => {
  assert.deepEqual(toAsyncConfig({ destinationConfig: 7 }), { destinationConfig: 7 })
  assert.deepEqual(toAsyncConfig({ destinationConfig: { onSuccess: 7 } }), {
    destinationConfig: { onSuccess: 7 },
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedRuns } from './shared-runs.ts'

test('who asks while it is done shares the next time with all others that do, also after a failure', async () => {
  const times: PromiseWithResolvers<void>[] = []
  const run = sharedRuns(() => {
    const time = Promise.withResolvers<void>()
    times.push(time)
    return time.promise
  })
  const first = run()
  const [second, third] = [run(), run()]
  assert.equal(times.length, 1)
  times[0]!.reject(new Error('the store failed'))
  await assert.rejects(first, /the store failed/)
  await turn()
  assert.equal(times.length, 2)
  const fourth = run()
  times[1]!.resolve()
  await Promise.all([second, third])
  await turn()
  assert.equal(times.length, 3)
  times[2]!.resolve()
  await fourth
  void run()
  assert.equal(times.length, 4)
})

const turn = () => new Promise<void>((done) => setImmediate(done))

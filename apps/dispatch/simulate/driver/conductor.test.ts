import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Action, Answer } from '../core/actions.ts'
import { createConductor } from './conductor.ts'

const look = (id: string): Action => ({ who: { role: 'merchant', id }, kind: 'look' })
const position = (id: string, lng: number): Action => ({
  who: { role: 'rider', id },
  kind: 'position',
  position: { lng, lat: 0 },
})

/** Calls that are answered when the test says so. */
function desk(concurrency: number, fullAt = 1000) {
  const underway: { action: Action; done: (answer: Answer) => void }[] = []
  const errors: unknown[] = []
  const conductor = createConductor({
    perform: (action) => new Promise((done) => underway.push({ action, done })),
    concurrency,
    fullAt,
    failed: (error) => errors.push(error),
  })
  return { conductor, underway, errors }
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
const nothing: Answer = { kind: 'done', orders: [] }

test('every errand is answered once, and never more are under way than allowed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ report: fc.boolean(), who: fc.nat(3) }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (errands, concurrency) => {
        const { conductor, underway, errors } = desk(concurrency)
        const answered = errands.map(() => 0)
        errands.forEach(({ report, who }, index) => {
          const action = report ? position(`r${who}`, index) : look(`m${who}`)
          const noted = () => {
            answered[index]! += 1
          }
          conductor.put({ action, answered: noted })
          assert.ok(conductor.underway <= concurrency)
        })
        while (underway.length > 0) {
          assert.ok(conductor.underway <= concurrency)
          underway.shift()!.done(nothing)
          await settled()
        }
        await conductor.idle()
        assert.deepEqual(
          answered,
          errands.map(() => 1),
        )
        assert.deepEqual(errors, [])
      },
    ),
    { numRuns: 50 },
  )
})

test('of the reports of a rider one is under way, and of those that wait the newest is sent', async () => {
  const { conductor, underway } = desk(4)
  const answers: string[] = []
  for (const lng of [1, 2, 3])
    conductor.put({ action: position('r', lng), answered: ({ kind }) => answers.push(`${lng} ${kind}`) })
  assert.equal(underway.length, 1)
  assert.deepEqual(answers, ['2 lost'])
  underway[0]!.done(nothing)
  await settled()
  assert.deepEqual(underway[1]!.action, position('r', 3))
  underway[1]!.done(nothing)
  await conductor.idle()
  assert.deepEqual(answers, ['2 lost', '1 done', '3 done'])
  assert.equal(conductor.leftOut, 1)
})

test('reports of position leave room for everything else', () => {
  const { conductor, underway } = desk(4)
  for (let rider = 0; rider < 10; rider++)
    conductor.put({ action: position(`r${rider}`, 0), answered: () => {} })
  assert.equal(underway.length, 2)
  conductor.put({ action: look('m'), answered: () => {} })
  assert.equal(underway.length, 3)
})

test('a long line is full until it is shorter', async () => {
  const { conductor, underway } = desk(1, 2)
  for (let index = 0; index < 3; index++) conductor.put({ action: look('m'), answered: () => {} })
  assert.equal(conductor.isFull(), true)
  underway[0]!.done(nothing)
  await settled()
  assert.equal(conductor.isFull(), false)
})

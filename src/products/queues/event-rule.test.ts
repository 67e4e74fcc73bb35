import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { randomIds } from '../../lib/ids.ts'
import { EventRules, isAbout, isMeant, type MatchRule } from './event-rule.ts'

const yes = (rule: Omit<MatchRule, 'matchState'>): MatchRule => ({ matchState: true, ...rule })
const no = (rule: Omit<MatchRule, 'matchState'>): MatchRule => ({ matchState: false, ...rule })
const settings = (name: string, matchRules: MatchRule[][], eventTypes = ['ObjectCreated:*']) => ({
  name,
  eventTypes,
  matchRules,
  endpoint: { type: 'queue' as const, name: 'q' },
})
const rule = (matchRules: MatchRule[][], eventTypes?: string[]) => ({
  ruleId: '1',
  ...settings('r', matchRules, eventTypes),
})
const put = (place: string) => {
  const [bucket = '', ...object] = place.split('/')
  return { name: 'ObjectCreated:PutObject', bucket, object: object.join('/') }
}

describe('an event rule', () => {
  const pictures = rule([
    [yes({ prefix: 'b/pictures/', suffix: '.jpg' }), no({ name: 'b/pictures/secret.jpg' })],
    [yes({ name: 'b/one' })],
  ])
  const cases: [string, boolean][] = [
    ['b/pictures/a.jpg', true],
    ['b/pictures/.jpg', true],
    ['b/pictures/a.png', false],
    ['b/pictures/secret.jpg', false],
    ['c/pictures/a.jpg', false],
    ['b/one', true],
    ['b/one/more', false],
  ]
  for (const [place, meant] of cases) {
    it(`means ${place}: ${meant}`, () => assert.equal(isMeant(pictures, put(place)), meant))
  }

  it('means events of its types only', () => {
    const all = [[yes({ prefix: 'b/' })]]
    const removal = { ...put('b/k'), name: 'ObjectRemoved:DeleteObject' }
    assert.equal(isMeant(rule(all), removal), false)
    assert.equal(isMeant(rule(all, ['ObjectRemoved:DeleteObjects']), removal), false)
    assert.equal(isMeant(rule(all, ['ObjectCreated:*', 'ObjectRemoved:DeleteObject']), removal), true)
  })

  it('is about the buckets that its rules name', () => {
    assert.ok(isAbout(pictures, 'b'))
    assert.ok(!isAbout(pictures, 'c'))
    assert.ok(!isAbout(rule([[no({ prefix: 'c/' }), yes({ suffix: '.jpg' })]]), 'c'))
  })

  it('is found by the next that opens the records, until it is deleted', async () => {
    const records = memoryRecordStore()
    const rules = new EventRules({ records, uuid: randomIds.uuid })
    const wanted = settings('r', [[yes({ prefix: 'b/' })]])
    await rules.create(wanted)
    await rules.create(wanted)
    await assert.rejects(rules.create({ ...wanted, eventTypes: ['ObjectRemoved:*'] }), {
      code: 'EventRuleAlreadyExist',
    })
    const [meant] = rules.meant(put('b/k'))
    const next = new EventRules({ records, uuid: randomIds.uuid })
    await next.load()
    assert.deepEqual(next.meant(put('b/k')), [meant])
    assert.deepEqual(next.byId(meant!.ruleId), meant)
    await next.delete('r')
    assert.deepEqual([next.meant(put('b/k')), next.byId(meant!.ruleId)], [[], undefined])
    await assert.rejects(next.delete('r'), { code: 'EventRuleNotExist' })
    assert.throws(() => next.require('r'), { code: 'EventRuleNotExist' })
  })

  it('is one of at most a hundred', async () => {
    const rules = new EventRules({ records: memoryRecordStore(), uuid: randomIds.uuid })
    for (let index = 0; index < 100; index++)
      await rules.create(settings(`r${index}`, [[yes({ name: 'b/k' })]]))
    await assert.rejects(rules.create(settings('more', [[yes({ name: 'b/k' })]])), {
      code: 'InvalidArgument',
    })
    assert.equal(rules.meant(put('b/k')).length, 100)
  })
})

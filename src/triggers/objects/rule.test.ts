import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMeant, ruleOf } from './rule.ts'

test('a rule means events by name or by kind, of keys with its prefix and suffix', () => {
  const rule = ruleOf({
    events: ['oss:ObjectCreated:*', 'oss:ObjectRemoved:DeleteObject'],
    filter: { key: { prefix: 'in/', suffix: '.jpg' } },
  })
  assert.ok(isMeant(rule, 'ObjectCreated:PutObject', 'in/a.jpg'))
  assert.ok(isMeant(rule, 'ObjectRemoved:DeleteObject', 'in/a.jpg'))
  assert.ok(!isMeant(rule, 'ObjectRemoved:DeleteObjects', 'in/a.jpg'))
  assert.ok(!isMeant(rule, 'ObjectModified:UpdateObjectMeta', 'in/a.jpg'))
  assert.ok(!isMeant(rule, 'ObjectCreated:PutObject', 'in/a.png'))
  assert.ok(!isMeant(rule, 'ObjectCreated:PutObject', 'out/a.jpg'))
})

test('prefixes are texts: what looks like a pattern is none', () => {
  const rule = ruleOf({ events: ['oss:ObjectCreated:PutObject'], filter: { key: { prefix: '.*' } } })
  assert.ok(!isMeant(rule, 'ObjectCreated:PutObject', 'abc'))
  assert.ok(isMeant(rule, 'ObjectCreated:PutObject', '.*abc'))
  assert.ok(isMeant(ruleOf({ events: ['oss:ObjectCreated:PutObject'] }), 'ObjectCreated:PutObject', 'any'))
})

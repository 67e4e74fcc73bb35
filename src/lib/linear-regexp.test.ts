import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linearMatch, linearRegExpProblem } from './linear-regexp.ts'

test('finds the first match and its groups', () => {
  const found = linearMatch('/(a+)(x)?', '--/aaa/a')
  assert.deepEqual([found?.start, found?.end], [2, 6])
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => found?.group(index)),
    ['/aaa', 'aaa', '', ''],
  )
  assert.equal(linearMatch('^b', 'ab'), undefined)
})

test('an expression that would take for ever elsewhere does not', () => {
  assert.equal(linearMatch('^(a+)+$', `${'a'.repeat(20_000)}!`), undefined)
})

test('says what is wrong with an expression', () => {
  assert.match(linearRegExpProblem('(') ?? '', /missing/)
  assert.equal(linearRegExpProblem('^/a'), undefined)
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isDefect, reasonOf } from './reason.ts'

test('an error of the system is told in words, any other by its message', () => {
  assert.throws(
    () => readFileSync('/no/such/file'),
    (error) => reasonOf(error) === 'no such file or directory' && !isDefect(error),
  )
  assert.equal(reasonOf(new Error('it is full')), 'it is full')
  assert.equal(reasonOf('thrown as it is'), 'thrown as it is')
})

test('what the language throws at a mistake of ours is a defect', () => {
  assert.throws(
    () => (undefined as unknown as { f(): void }).f(),
    (error) => isDefect(error),
  )
  assert.equal(isDefect(new Error('the port is taken')), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inputOf } from './exec-socket.ts'

test('input is what follows a 0, or all of what begins with no type; a new size is none', () => {
  assert.equal(String(inputOf(Buffer.from('\0ls\n'))), 'ls\n')
  assert.equal(String(inputOf(Buffer.from('ls\n'))), 'ls\n')
  // Ctrl-D, as it is typed.
  assert.equal(String(inputOf(Buffer.from('\u0004'))), '\u0004')
  assert.equal(inputOf(Buffer.from('\u0004{"Width":100}')), undefined)
})

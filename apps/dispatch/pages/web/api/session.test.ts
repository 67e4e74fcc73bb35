import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Keeper, keepSession, keptSession } from './session.ts'

function memory(): Keeper & { kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  }
}

test('each page has a session of its own, until it is given up', () => {
  const keeper = memory()
  keepSession('rider', keeper, { id: 'r-1', token: 't' })
  assert.deepEqual(keptSession('rider', keeper), { id: 'r-1', token: 't' })
  assert.equal(keptSession('customer', keeper), undefined)
  keepSession('rider', keeper, undefined)
  assert.equal(keptSession('rider', keeper), undefined)
})

test('what is not a session is none', () => {
  for (const text of ['', 'null', '{', '{"id":1,"token":"t"}', '[]', '"x"']) {
    const keeper = memory()
    keeper.kept.set('dispatch.session.rider', text)
    assert.equal(keptSession('rider', keeper), undefined, text)
  }
})

test('where nothing may be kept, nothing fails', () => {
  const forbidden: Keeper = {
    getItem: () => {
      throw new Error('SecurityError')
    },
    setItem: () => {
      throw new Error('SecurityError')
    },
    removeItem: () => {
      throw new Error('SecurityError')
    },
  }
  keepSession('rider', forbidden, { id: 'r-1', token: 't' })
  assert.equal(keptSession('rider', forbidden), undefined)
})

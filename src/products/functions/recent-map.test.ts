import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RecentMap } from './recent-map.ts'

test('it never holds more than its bound nor a wrong value, and always what was used last', () => {
  const use = fc.record({ key: fc.nat(9), does: fc.constantFrom('get', 'set', 'delete') })
  fc.assert(
    fc.property(fc.array(use, { maxLength: 200 }), fc.integer({ min: 2, max: 9 }), (uses, entriesMax) => {
      const map = new RecentMap<number, number>(entriesMax)
      const written = new Map<number, number>()
      let usedLast: number[] = []
      for (const [at, { key, does }] of uses.entries()) {
        const isRecent = usedLast.slice(-Math.floor(entriesMax / 2)).includes(key)
        usedLast = usedLast.filter((other) => other !== key)
        if (does === 'delete') {
          map.delete(key)
          written.delete(key)
        } else if (does === 'set') {
          map.set(key, at)
          written.set(key, at)
          usedLast.push(key)
        } else {
          const found = map.get(key)
          if (found !== undefined || isRecent) assert.equal(found, written.get(key))
          if (found !== undefined) usedLast.push(key)
        }
        assert.ok(map.size <= entriesMax)
      }
    }),
  )
})

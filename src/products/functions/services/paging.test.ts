import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../../drivers/memory/records.ts'
import { listPage } from '../paging.ts'
import { pageFrom, pageOfNames } from './paging.ts'

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,3}$/)

test('startKey is the first name that is wanted, whatever the names are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name), name, async (names, startKey) => {
      const records = memoryRecordStore()
      await records.commit([
        { put: 'other', value: '' },
        ...names.map((each) => ({ put: `p/${each}`, value: each })),
      ])
      const page = pageFrom(new URLSearchParams({ startKey, limit: '100' }))
      const { items } = await listPage<string>(records, { prefix: 'p/', page })
      const sorted = names.toSorted()
      assert.deepEqual(
        items,
        sorted.filter((each) => each >= startKey),
      )
      // Names in memory are paged as records are.
      assert.deepEqual(pageOfNames(sorted, { namePrefix: '', page }).names, items)
    }),
  )
})

test('pages of names in memory follow one another to the end', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.integer({ min: 1, max: 3 }), (names, limit) => {
      const sorted = names.toSorted()
      const seen: string[] = []
      for (let nextToken: string | undefined = ''; nextToken !== undefined; ) {
        const page = pageFrom(new URLSearchParams({ limit: String(limit), nextToken }))
        const found: { names: string[]; nextToken?: string } = pageOfNames(sorted, { namePrefix: '', page })
        seen.push(...found.names)
        nextToken = found.nextToken
      }
      assert.deepEqual(seen, sorted)
    }),
  )
})

test('a startKey that no name could be is refused', () => {
  assert.throws(() => pageFrom(new URLSearchParams({ startKey: 'a/b' })), /startKey/)
})

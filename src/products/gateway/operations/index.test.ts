import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { operations } from './index.ts'

test('every operation that the vendor’s SDK has is in the table, once, built or not', () => {
  const client = readFileSync(createRequire(import.meta.url).resolve('@alicloud/cloudapi20160714'), 'utf8')
  const ofSdk = new Set([...client.matchAll(/\baction: "([A-Za-z0-9]+)"/g)].map((match) => match[1]!))
  assert.ok(ofSdk.size > 200, `the SDK is read otherwise: ${ofSdk.size}`)
  const names = operations.map(({ name }) => name)
  assert.deepEqual(names.toSorted(), [...ofSdk].sort())
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { VersionConflict } from '../../ports/records.ts'
import { Catalog } from './catalog.ts'
import type { AppRecord, GroupRecord } from './records.ts'

const dated = { createdTime: '2026-01-01T00:00:00Z', modifiedTime: '2026-01-01T00:00:00Z' }
const group = (groupId: string): GroupRecord => ({
  groupId,
  groupName: groupId,
  description: '',
  basePath: '/',
  domains: [],
  ...dated,
})
const app = (appId: number, appKey: string): AppRecord => ({
  appId,
  appName: 'app',
  description: '',
  extend: '',
  disabled: false,
  keys: [{ appKey, appSecret: 'secret', ...dated }],
  codes: [{ appCode: `code of ${appKey}`, ...dated }],
  ...dated,
})

test('what is changed is there for the next one who opens it, and what is removed is not', async () => {
  const records = memoryRecordStore()
  const catalog = await Catalog.open(records)
  const { version } = catalog
  const put = (...values: GroupRecord[]) =>
    catalog.change(() => ({
      changes: values.map((value) => ({ put: 'groups', value })),
      result: values.length,
    }))
  assert.equal(await put(group('a'), group('b')), 2)
  assert.notEqual(catalog.version, version)
  await catalog.change(() => ({ changes: [{ remove: 'groups', id: 'a' }], result: {} }))
  for (const each of [catalog, await Catalog.open(records)])
    assert.deepEqual(
      each.all('groups').map(({ groupId }) => groupId),
      ['b'],
    )
})

test('a change that cannot be written counts for nothing, and the next one goes on', async () => {
  const catalog = await Catalog.open(memoryRecordStore())
  const { version } = catalog
  const failing = catalog.change(() => ({
    changes: [{ put: 'groups', value: group('a') }, { raw: { put: 'other', value: 1, expect: 'present' } }],
    result: {},
  }))
  const throwing = catalog.change(() => {
    throw new Error('refused')
  })
  await assert.rejects(failing, VersionConflict)
  await assert.rejects(throwing, /refused/)
  assert.deepEqual([catalog.count('groups'), catalog.version], [0, version])
  await catalog.change(() => ({ changes: [{ put: 'groups', value: group('a') }], result: {} }))
  assert.equal(catalog.count('groups'), 1)
})

test('changes look at what those before them have made of it', async () => {
  const catalog = await Catalog.open(memoryRecordStore())
  const add = (groupId: string) =>
    catalog.change(async () => {
      const before = catalog.count('groups')
      await Promise.resolve()
      return { changes: [{ put: 'groups', value: group(groupId) }], result: before }
    })
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(add)), [0, 1, 2])
})

test('apps are found by their keys and codes as they are now', async () => {
  const catalog = await Catalog.open(memoryRecordStore())
  const put = (value: AppRecord) => catalog.change(() => ({ changes: [{ put: 'apps', value }], result: {} }))
  await put(app(1, 'old'))
  await put(app(1, 'new'))
  assert.deepEqual([catalog.appByKey('old'), catalog.appByKey('new')?.app.appId], [undefined, 1])
  assert.equal(catalog.appByCode('code of new')?.appId, 1)
  await catalog.change(() => ({ changes: [{ remove: 'apps', id: '1' }], result: {} }))
  assert.deepEqual([catalog.appByKey('new'), catalog.appByCode('code of new')], [undefined, undefined])
})

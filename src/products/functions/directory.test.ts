import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import type { RecordStore } from '../../ports/records.ts'
import { FunctionDirectory } from './directory.ts'
import type { FunctionRecord } from './function.ts'
import { aliasKey, functionKey, versionKey } from './keys.ts'
import { accountId, region, startTestbed } from './testbed.fixture.ts'

const recordOf = (functionName: string, revisionId: string): FunctionRecord => ({
  functionName,
  functionId: 'id',
  revisionId,
  createdTime: '2026-01-01T00:00:00Z',
  lastModifiedTime: '2026-01-01T00:00:00Z',
  config: {
    description: '',
    runtime: 'nodejs20',
    handler: 'index.handler',
    timeout: 3,
    memorySize: 512,
    cpu: 0.35,
    diskSize: 512,
    instanceConcurrency: 1,
    internetAccess: true,
    environmentVariables: {},
    role: '',
    layers: [],
    asGiven: {},
  },
  code: { blobId: 'b', sizeBytes: 1, crc64: '1' },
  nextVersion: 1,
})

test('what was resolved once is answered without waiting until it is written', async () => {
  const bed = await startTestbed()
  try {
    const cached = (qualifier = 'LATEST') => bed.directory.resolveCached(accountId, 'f', qualifier)
    await bed.createFunction('f')
    assert.equal(cached(), undefined)
    const first = await bed.directory.resolve(accountId, 'f', 'LATEST')
    assert.deepEqual(cached(), first)
    await bed.call('POST', '/2023-03-30/functions/f/versions', {})
    assert.equal(cached(), undefined)
    await bed.directory.resolve(accountId, 'f', '1')
    const version = cached('1')
    assert.ok(version?.outcome === 'found' && version.revision.versionId === '1')
    await bed.call('DELETE', '/2023-03-30/functions/f/versions/1')
    assert.deepEqual(await bed.directory.resolve(accountId, 'f', '1'), { outcome: 'versionNotFound' })
    await bed.call('DELETE', '/2023-03-30/functions/f')
    assert.equal(cached(), undefined)
    assert.deepEqual(await bed.directory.resolve(accountId, 'f', 'LATEST'), { outcome: 'functionNotFound' })
  } finally {
    await bed.close()
  }
})

test('a read that was overtaken by a write is not remembered', { timeout: 30_000 }, async () => {
  const memory = memoryRecordStore()
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let gated = true
  const records: RecordStore = {
    ...memory,
    async get<T>(key: string) {
      const found = await memory.get<T>(key)
      if (gated) await gate
      return found
    },
  }
  const directory = new FunctionDirectory(records, { region, random: () => 0 })
  await memory.commit([{ put: functionKey(accountId, 'f'), value: recordOf('f', 'old') }])
  const slow = directory.resolve(accountId, 'f', 'LATEST')
  await memory.commit([{ put: functionKey(accountId, 'f'), value: recordOf('f', 'new') }])
  directory.forget(accountId, 'f')
  gated = false
  const fresh = await directory.resolve(accountId, 'f', 'LATEST')
  assert.ok(fresh.outcome === 'found' && fresh.revision.key.endsWith('/new'))
  release()
  await slow
  const cached = directory.resolveCached(accountId, 'f', 'LATEST')
  assert.ok(cached?.outcome === 'found' && cached.revision.key.endsWith('/new'))
})

test('no more functions are remembered than the bound, and names that nobody has cost nothing', async () => {
  const records = memoryRecordStore()
  const directory = new FunctionDirectory(records, { region, random: () => 0, functionsMax: 10 })
  for (let number = 0; number < 50; number++) {
    const key = functionKey(accountId, `f${number}`)
    await records.commit([{ put: key, value: recordOf(`f${number}`, 'r') }])
    assert.equal((await directory.resolve(accountId, `f${number}`, 'LATEST')).outcome, 'found')
    await directory.resolve(accountId, `nobody${number}`, 'LATEST')
  }
  assert.ok(directory.rememberedFunctions <= 10)
  assert.equal(directory.resolveCached(accountId, 'f49', 'LATEST')?.outcome, 'found')
  assert.equal(directory.resolveCached(accountId, 'f0', 'LATEST'), undefined)
})

test('an alias that is moved while it is read, and whose old version is deleted, names its new version', async () => {
  const memory = memoryRecordStore()
  const put = (key: string, value: unknown) => memory.commit([{ put: key, value }])
  const aliasOf = (versionId: string, additionalVersionWeight = {}) => ({
    versionId,
    additionalVersionWeight,
  })
  const versionOf = (versionId: string) => ({ versionId, state: recordOf('f', `of ${versionId}`) })
  let afterAlias = async () => {}
  const records: RecordStore = {
    ...memory,
    async get<T>(key: string) {
      const found = await memory.get<T>(key)
      if (key === aliasKey(accountId, 'f', 'prod')) await afterAlias()
      return found
    },
  }
  await put(functionKey(accountId, 'f'), recordOf('f', 'latest'))
  for (const versionId of ['1', '2']) await put(versionKey(accountId, 'f', versionId), versionOf(versionId))
  for (const before of [aliasOf('1'), aliasOf('2', { 1: 0.5 })]) {
    await put(versionKey(accountId, 'f', '1'), versionOf('1'))
    await put(aliasKey(accountId, 'f', 'prod'), before)
    afterAlias = async () => {
      await put(aliasKey(accountId, 'f', 'prod'), aliasOf('2'))
      await memory.commit([{ remove: versionKey(accountId, 'f', '1') }])
    }
    const directory = new FunctionDirectory(records, { region, random: () => 0 })
    const found = await directory.resolve(accountId, 'f', 'prod')
    assert.ok(found.outcome === 'found' && found.revision.versionId === '2', found.outcome)
  }
  await put(aliasKey(accountId, 'f', 'prod'), aliasOf('9'))
  afterAlias = async () => {}
  const directory = new FunctionDirectory(records, { region, random: () => 0 })
  assert.deepEqual(await directory.resolve(accountId, 'f', 'prod'), { outcome: 'versionNotFound' })
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildFunction } from './build.ts'

test('a function gets JavaScript of all that it reaches, and nothing changes when it is built again', async (t) => {
  const into = await mkdtemp(join(tmpdir(), 'dispatch-build-'))
  t.after(() => rm(into, { recursive: true }))
  const wanted = { name: 'outbox', entry: 'functions/outbox.ts', packages: ['@alicloud/mns'] }
  await buildFunction(wanted, into)
  const files = await readdir(join(into, 'outbox'), { recursive: true })
  for (const file of [
    'package.json',
    'functions/outbox.js',
    'functions/cbor.js',
    'node_modules/@alicloud/mns/index.js',
  ])
    assert.ok(files.includes(file), `${file} is missing in ${files.join(' ')}`)
  assert.deepEqual(
    files.filter((file) => file.endsWith('.ts')),
    [],
  )
  const code = await readFile(join(into, 'outbox/functions/outbox.js'), 'utf8')
  assert.match(code, /from '\.\/cbor\.js'/)
  assert.doesNotMatch(code, /import type|: Uint8Array/)
  execFileSync(process.execPath, ['--check', join(into, 'outbox/functions/outbox.js')])

  const before = await stat(join(into, 'outbox'))
  await buildFunction(wanted, into)
  assert.equal((await stat(join(into, 'outbox'))).ino, before.ino)
  assert.deepEqual(await readdir(into), ['outbox'])
})

test('text that looks like an import is left alone', async (t) => {
  const into = await mkdtemp(join(tmpdir(), 'dispatch-build-'))
  t.after(() => rm(into, { recursive: true }))
  await buildFunction({ name: 'reports', entry: 'functions/reports.ts' }, into)
  assert.match(
    await readFile(join(into, 'reports/functions/reports.js'), 'utf8'),
    /query\['from'\], to: query\['to'\]/,
  )
})

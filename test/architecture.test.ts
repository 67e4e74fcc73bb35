/** The house, checked: arrows point down only, tables agree with files, and the check itself saw every file. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

test('every dependency points down, and every source file was looked at', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'src',
    ],
    { cwd: root, maxBuffer: 256 * 1024 * 1024 },
  )
  const cruised = JSON.parse(stdout) as { summary: { violations: unknown[] }; modules: { source: string }[] }
  const sources = readdirSync(resolve(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const seen = new Set(cruised.modules.map(({ source }) => source))
  assert.deepEqual(cruised.summary.violations, [])
  assert.ok(sources.length > 50, 'the folder src was not read')
  assert.deepEqual(
    sources.filter((file) => !seen.has(`src/${file.replaceAll('\\', '/')}`)),
    [],
  )
})

for (const product of ['functions', 'identity', 'objects', 'queues', 'tables']) {
  test(`each operation of ${product} stands in a file of its name, and in the table`, async () => {
    const folder = resolve(root, 'src/products', product, 'operations')
    const { operations } = (await import(resolve(folder, 'index.ts'))) as { operations: { name: string }[] }
    const files = readdirSync(folder).filter(
      (file) => !/(\.test|^index|^not-built)\.ts$/.test(file) && file.endsWith('.ts'),
    )
    const names = new Set(operations.map(({ name }) => kebab(name)))
    assert.deepEqual(
      files.map((file) => file.replace(/\.ts$/, '')).filter((name) => !names.has(name)),
      [],
      'files that no operation of the table is named after',
    )
    assert.equal(
      new Set(operations.map(({ name }) => name)).size,
      operations.length,
      'an operation stands in the table twice',
    )
  })
}

const kebab = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()

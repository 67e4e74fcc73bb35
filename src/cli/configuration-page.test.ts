import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configSchema, installationDir } from '../config/config.ts'
import { configurationPage } from './configuration-page.ts'

test('docs/configuration.md is what the schema says (else: node src/cli/write-configuration-page.ts)', () => {
  assert.equal(readFileSync(join(installationDir, 'docs/configuration.md'), 'utf8'), configurationPage())
})

test('the page names every setting, and nothing of this machine', () => {
  const page = configurationPage()
  for (const variable of Object.keys(configSchema.shape))
    assert.ok(page.includes(`\`${variable}\``), variable)
  assert.ok(!page.includes(installationDir))
})

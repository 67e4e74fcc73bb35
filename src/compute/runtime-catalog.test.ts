import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadRuntimeCatalog, runtimeArgv } from './runtime-catalog.ts'

const shipped = fileURLToPath(new URL('../../runtimes', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'hanshu-runtimes-'))
after(() => rmSync(temporary, { recursive: true, force: true }))

const valid = {
  protocol: 'http',
  filesTarget: '/var/fc/runtime/x',
  argv: ['{binary}', '{files}/start'],
  env: {},
  runtimes: { x: { binary: { kind: 'system', candidates: ['/bin/sh'] } } },
}

function folderWith(...descriptions: unknown[]): string {
  const folder = mkdtempSync(join(temporary, 'set-'))
  descriptions.forEach((description, index) => {
    mkdirSync(join(folder, `language${index}`))
    const text = typeof description === 'string' ? description : JSON.stringify(description)
    writeFileSync(join(folder, `language${index}`, 'runtime.json'), text)
  })
  return folder
}

describe('the runtime catalog', () => {
  it('serves the built-in and the custom runtimes', () => {
    const catalog = loadRuntimeCatalog(shipped)
    assert.deepEqual(
      [...catalog.keys()].sort(),
      [
        ...['custom', 'custom.debian10', 'custom.debian11', 'custom.debian12'],
        ...['nodejs16', 'nodejs18', 'nodejs20', 'nodejs22', 'nodejs24'],
        ...['python3', 'python3.10', 'python3.12', 'python3.9'],
      ].sort(),
    )
    assert.deepEqual(
      [...catalog.values()].filter(({ protocol }) => protocol === 'http').map(({ language }) => language),
      ['custom', 'custom', 'custom', 'custom'],
    )
  })

  it('says how an instance is started, inside and on the host', () => {
    const node = loadRuntimeCatalog(shipped).get('nodejs20')!
    assert.ok(node.binary.kind === 'npm-node' && node.binary.major === 20)
    assert.deepEqual(runtimeArgv(node, { binary: `${node.binary.target}/${node.binary.path}` }), [
      '/var/fc/lang/nodejs20/bin/node',
      '/var/fc/runtime/nodejs/bootstrap.js',
    ])
    assert.deepEqual(runtimeArgv(node, { binary: '/usr/bin/node', filesDir: '/elsewhere' }), [
      '/usr/bin/node',
      '/elsewhere/bootstrap.js',
    ])
  })

  it('names the file and every problem of a description that is not valid', () => {
    const folder = folderWith({ ...valid, protocol: 'telepathy', argv: [] })
    assert.throws(
      () => loadRuntimeCatalog(folder),
      /language0\/runtime\.json is not valid:[\s\S]*protocol[\s\S]*argv/,
    )
    assert.throws(() => loadRuntimeCatalog(folderWith('{')), /runtime\.json cannot be read/)
  })

  it('refuses two folders that serve the same name', () => {
    assert.throws(
      () => loadRuntimeCatalog(folderWith(valid, valid)),
      /runtime 'x' is served by language0 already/,
    )
  })
})

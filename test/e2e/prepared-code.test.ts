/** Code that was made ready ahead of time is served as code that was not; without it, or with a damaged one, all goes on. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { noSandboxesHere } from '../platform.fixture.ts'
import { eventually, type RunningPlatform, startPlatform } from './platform.ts'

const files: Record<string, string> = {
  's.yaml': `edition: 3.0.0
name: prepared
access: default
resources:
  app:
    component: fc3
    props:
      region: cn-hangzhou
      functionName: prepared
      runtime: nodejs24
      handler: index.handler
      code: ./code
      memorySize: 256
      timeout: 10
`,
  'code/index.js': `const framework = require('framework')
const { readdirSync } = require('fs')
const show = (folder) => { try { return readdirSync(folder).sort() } catch (error) { return error.code } }
exports.handler = async () => JSON.stringify({
  said: framework.say('hello'),
  plugin: require('./plugins/' + ['b', 'a'].sort()[0]),
  place: new Error('x').stack.split('\\n')[1].trim(),
  code: show('/code'),
  modules: Object.keys(require.cache).sort(),
  prepared: show('/var/fc/prepared'),
})`,
  'code/plugins/a.js': 'module.exports = "plugin a"',
  'code/node_modules/framework/package.json': '{"main":"lib/main.js"}',
  'code/node_modules/framework/lib/main.js': `${[...'abcdefgh'].map((part) => `require('./${part}')`).join('; ')}
exports.say = (text) => require('formatter')(text)`,
  'code/node_modules/formatter/index.js': 'module.exports = (text) => "formatter 1: " + text',
  'code/node_modules/framework/node_modules/formatter/index.js':
    'module.exports = (text) => "formatter 2: " + text',
  ...Object.fromEntries(
    [...'abcdefgh'].map((part) => [`code/node_modules/framework/lib/${part}.js`, `exports.part = '${part}'`]),
  ),
}

test('a function answers the same before its code is prepared, after it, and when that is damaged', {
  skip: await noSandboxesHere(),
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-prepared-'))
  let platform: RunningPlatform | undefined
  t.after(async () => {
    await platform?.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const dataDir = join(folder, 'data')
  const packages = join(dataDir, 'code/prepared/packages')

  const start = async () => {
    platform = await startPlatform(t, { dataDir })
    return { platform, call: async () => JSON.parse(await platform!.must('invoke', 'prepared')) }
  }

  const first = await start()
  await first.platform.must('deploy', '-t', join(folder, 's.yaml'))
  const { prepared: nothing, ...original } = await first.call()
  assert.deepEqual(nothing, [])
  assert.equal(original.said, 'formatter 2: hello')
  assert.match(original.place, /^at exports\.handler \(\/code\/index\.js:\d+:\d+\)$/)
  assert.deepEqual(original.code, ['index.js', 'node_modules', 'plugins'])

  const [pack] = await eventually(
    async () =>
      (await readdir(packages, { recursive: true }).catch(() => [])).filter((name) =>
        name.endsWith('modules.pack'),
      ),
    (names) => names.length > 0,
  )
  await first.platform.stop()
  const second = await start()
  const { prepared, ...withPack } = await second.call()
  assert.deepEqual(prepared, ['made.json', 'modules.pack'])
  assert.deepEqual(withPack, original)
  assert.doesNotMatch(await second.platform.must('logs', 'prepared'), /\[warn\]/)

  await second.platform.stop()
  const bytes = await readFile(join(packages, pack!))
  bytes[bytes.length - 1]! ^= 1
  await writeFile(join(packages, pack!), bytes)
  const third = await start()
  const { prepared: none, ...withDamage } = await third.call()
  assert.deepEqual(none, [])
  assert.deepEqual(withDamage, original)
  assert.match(third.platform.log(), /prepared code is damaged/)
})

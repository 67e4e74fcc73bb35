/** When instances are made, shared and reused: the same for every runtime, shown with Node.js. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFunction, invoke, models } from '../../clients.fixture.ts'
import { noIsolation, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

const create = (functionName: string, source: string, fields: object = {}) =>
  createFunction(bed.client, { functionName, files: { 'index.js': source }, ...fields })
const counting = `let calls = 0; let now = 0
  exports.handler = async (event) => {
    const together = ++now
    await new Promise((done) => setTimeout(done, Number(event) || 0))
    now--
    return [++calls, together]
  }`

describe('an instance', () => {
  test('is used again by the next call, with the state that it has', async () => {
    await create('warm', counting)
    const answers = []
    for (let call = 0; call < 4; call++) answers.push(await invoke(bed.client, 'warm'))
    assert.deepEqual(
      answers.map(({ body }) => body),
      ['[1,1]', '[2,1]', '[3,1]', '[4,1]'],
    )
    assert.equal(new Set(answers.map(({ headers }) => headers['x-fc-instance-id'])).size, 1)
  })

  test('of a built-in runtime has one call at a time: calls at once get instances of their own', async () => {
    await create('parallel', counting)
    const answers = await Promise.all(Array.from({ length: 4 }, () => invoke(bed.client, 'parallel', '700')))
    // On a machine that is busy the first may be done before the last has begun.
    assert.ok(new Set(answers.map(({ headers }) => headers['x-fc-instance-id'])).size >= 2)
    assert.deepEqual([...new Set(answers.map(({ body }) => JSON.parse(body)[1]))], [1])
  })

  test('is frozen when it idles and goes on where it was', async () => {
    await create('sleepy', counting)
    const first = await invoke(bed.client, 'sleepy')
    await new Promise((done) => setTimeout(done, 1200))
    const second = await invoke(bed.client, 'sleepy')
    assert.equal(second.body, '[2,1]')
    assert.equal(second.headers['x-fc-instance-id'], first.headers['x-fc-instance-id'])
  })

  test('of an older state serves no call that comes after the update', async () => {
    await create('stateful', 'exports.handler = async () => process.env.N', {
      environmentVariables: { N: '0' },
    })
    for (let n = 1; n <= 4; n++) {
      await bed.client.updateFunction(
        'stateful',
        requestWith('UpdateFunction', { environmentVariables: { N: String(n) } }),
      )
      const bodies = await Promise.all([invoke(bed.client, 'stateful'), invoke(bed.client, 'stateful')])
      assert.deepEqual(
        bodies.map(({ body }) => body),
        [String(n), String(n)],
      )
    }
  })

  test('that is busy when its function changes finishes its call', async () => {
    await create(
      'changing',
      'exports.handler = async () => { await new Promise((d) => setTimeout(d, 800)); return process.env.N }',
      {
        environmentVariables: { N: 'old' },
      },
    )
    await invoke(bed.client, 'changing')
    const underWay = invoke(bed.client, 'changing')
    await bed.client.updateFunction(
      'changing',
      requestWith('UpdateFunction', { environmentVariables: { N: 'new' } }),
    )
    const later = invoke(bed.client, 'changing')
    assert.ok(['old', 'new'].includes((await underWay).body))
    assert.equal((await later).body, 'new')
  })

  test('of one function sees nothing of another', { skip: noIsolation }, async () => {
    await create(
      'writer',
      `exports.handler = async () => { require('node:fs').writeFileSync('/tmp/secret', 'x'); return 'ok' }`,
    )
    await create(
      'reader',
      `const fs = require('node:fs')
      exports.handler = async () => ({ tmp: fs.readdirSync('/tmp'), pids: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
        code: (() => { try { fs.writeFileSync('/code/x', ''); return 'written' } catch ({ code }) { return code } })() })`,
    )
    await invoke(bed.client, 'writer')
    const seen = JSON.parse((await invoke(bed.client, 'reader')).body)
    assert.deepEqual([seen.tmp.includes('secret'), seen.code], [false, 'EROFS'])
    assert.ok(seen.pids < 5, String(seen.pids))
  })

  test('of a custom runtime has as many calls at a time as instanceConcurrency says', async () => {
    await createFunction(bed.client, {
      functionName: 'concurrent',
      runtime: 'custom.debian12',
      handler: 'index.handler',
      instanceConcurrency: 3,
      customRuntimeConfig: new models.CustomRuntimeConfig({ command: ['node', 'server.js'], port: 9000 }),
      files: {
        'server.js': `let now = 0; let most = 0
          require('node:http').createServer((request, response) => {
            most = Math.max(most, ++now)
            request.resume()
            setTimeout(() => { now--; response.end(String(most)) }, 600)
          }).listen(Number(process.env.FC_CUSTOM_LISTEN_PORT))`,
      },
    })
    await invoke(bed.client, 'concurrent')
    const answers = await Promise.all(Array.from({ length: 3 }, () => invoke(bed.client, 'concurrent')))
    assert.equal(new Set(answers.map(({ headers }) => headers['x-fc-instance-id'])).size, 1)
    assert.ok(answers.some(({ body }) => Number(body) >= 2))
    const more = await Promise.all(Array.from({ length: 5 }, () => invoke(bed.client, 'concurrent')))
    assert.ok(new Set(more.map(({ headers }) => headers['x-fc-instance-id'])).size >= 2)
    assert.ok(more.every(({ body }) => Number(body) <= 3))
  })
})

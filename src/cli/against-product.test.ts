/** The commands against the Function Compute API itself, over memory: what one sends is what the other takes. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { accountId, startTestbed, succeeded } from '../products/functions/testbed.fixture.ts'
import { run } from './run.ts'
import { scriptedTerminal } from './testing/scripted-terminal.ts'

const repository = resolve(import.meta.dirname, '../..')
const examples = readdirSync(join(repository, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

async function product(t: TestContext) {
  const bed = await startTestbed({
    functionLogs: {
      async *read({ functionName, limit, sinceMs }) {
        const time = new Date(sinceMs ?? 0).toISOString()
        yield { time, functionName, requestId: '1-2-3', instanceId: 'c-1', message: `of ${limit}` }
      },
    },
    platformStatus: { read: async () => ({ accountId, endpoints: { fc: 'here' }, instances: [] }) },
  })
  t.after(() => bed.close())
  return {
    bed,
    async hanshu(...words: string[]) {
      const terminal = scriptedTerminal({
        workingDir: repository,
        environment: {
          HANSHU_DATA: '/no/such/folder',
          HANSHU_ENDPOINT: `http://${bed.endpoint}`,
          HANSHU_ACCOUNT_ID: accountId,
          HANSHU_ACCESS_KEY_ID: 'any',
          HANSHU_ACCESS_KEY_SECRET: 'any',
        },
      })
      const exitCode = await run(words, terminal)
      return { exitCode, output: terminal.output(), notes: terminal.notes() }
    },
  }
}

test('every example is deployed as it is, and is unchanged the second time', async (t) => {
  const { hanshu } = await product(t)
  const layer = ['layer', 'publish', 'greeting', 'examples/nodejs-layer/layer', '--runtime', 'nodejs20']
  const published = await hanshu(...layer)
  assert.equal(published.exitCode, 0, published.notes)
  assert.match((await hanshu(...layer)).notes, /unchanged: version 1/)

  const functions = []
  for (const name of examples) {
    const first = await hanshu('deploy', '-t', `examples/${name}/s.yaml`)
    assert.equal(first.exitCode, 0, `${name}: ${first.notes}`)
    const created = [...first.output.matchAll(/^\+ (\S+): create/gm)].map(([, functionName]) => functionName!)
    assert.ok(created.length > 0, first.output)
    functions.push(...created)
    const second = await hanshu('deploy', '-t', `examples/${name}/s.yaml`)
    assert.equal(second.exitCode, 0, `${name}: ${second.notes}`)
    for (const functionName of created)
      assert.match(second.output, new RegExp(`= ${functionName}: unchanged`))
    assert.doesNotMatch(second.output, /^ *[~+-]/m, name)
  }
  const list = await hanshu('function', 'list', '--output', 'json')
  assert.deepEqual(
    JSON.parse(list.output).map(({ functionName }: { functionName: string }) => functionName),
    functions.sort(),
  )
  const removed = await hanshu('function', 'remove', ...functions)
  assert.equal(removed.exitCode, 0, removed.notes)
  assert.equal((await hanshu('function', 'list', '--output', 'json')).output, '[]\n')
})

test("a layer is provided in the place of one of the vendor's, and not replaced by mistake", async (t) => {
  const { hanshu } = await product(t)
  const publish = (version: string, ...more: string[]) =>
    hanshu('layer', 'publish', 'Nodejs20', 'examples/nodejs-layer/layer', '--official', version, ...more)
  const arn = 'acs:fc:cn-hangzhou:official:layers/Nodejs20/versions/3'
  const first = await publish('3', '--runtime', 'custom.debian12')
  assert.deepEqual([first.exitCode, first.output], [0, `${arn}\n`], first.notes)
  assert.match((await publish('3', '--runtime', 'custom.debian12')).notes, /unchanged: version 3/)
  const other = await publish('3', '--runtime', 'nodejs20')
  assert.equal(other.exitCode, 1)
  assert.match(other.notes, /--force replaces it/)
  assert.equal((await publish('3', '--runtime', 'nodejs20', '--force')).exitCode, 0)
  assert.equal((await publish('1', '--runtime', 'nodejs20')).exitCode, 0)
  assert.match((await hanshu('layer', 'list', '--official')).output, new RegExp(`nodejs20 +${arn}`))
  assert.doesNotMatch((await hanshu('layer', 'list')).output, /Nodejs20/)
  const wrong = await publish('first', '--runtime', 'nodejs20')
  assert.equal(wrong.exitCode, 1)
  assert.match(wrong.notes, /a number from 1 on/)
})

test('an event and its outcome go through, an error with its type', async (t) => {
  const { bed, hanshu } = await product(t)
  await bed.createFunction('f')
  bed.script.outcome = succeeded('pong')
  assert.deepEqual(await hanshu('invoke', 'f', '-e', 'ping'), { exitCode: 0, output: 'pong\n', notes: '' })
  assert.equal(bed.invocations[0]?.event.toString(), 'ping')
  const missing = await hanshu('invoke', 'nope')
  assert.equal(missing.exitCode, 1)
  assert.match(missing.notes, /FunctionNotFound/)
})

test('logs and status are answered', async (t) => {
  const { bed, hanshu } = await product(t)
  await bed.createFunction('f')
  const logs = await hanshu('logs', 'f', '--tail', '2', '--since', '10m')
  assert.deepEqual(logs, { exitCode: 0, output: '2025-12-31T23:50:00.000Z 1-2-3 of 2\n', notes: '' })
  assert.equal(
    (await hanshu('status')).output,
    `accountId: ${accountId}\nendpoints:\n  fc: here\ninstances: none\n`,
  )
})

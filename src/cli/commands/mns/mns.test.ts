import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually, runningTopics } from '../../../products/queues/topics.testing.ts'
import { run } from '../../run.ts'
import { scriptedTerminal } from '../../testing/scripted-terminal.ts'

async function session(t: TestContext) {
  const mns = await runningTopics()
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-cli-'))
  t.after(async () => {
    await mns.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const ready = {
    accountId: '1234567890123456',
    region: 'cn-hangzhou',
    accessKeyId: 'key',
    accessKeySecret: 'secret',
    endpoints: { fc: 'http://127.0.0.1:1', mns: mns.origin },
  }
  await writeFile(join(folder, 'ready.json'), JSON.stringify(ready))
  return {
    mns,
    async hanshu(words: string[], script: { input?: string; answers?: string[]; environment?: object } = {}) {
      const environment = { HANSHU_DATA: folder, ...script.environment }
      const terminal = scriptedTerminal({ ...script, environment })
      const exitCode = await run(['mns', ...words], terminal)
      return { exitCode, output: terminal.output(), notes: terminal.notes() }
    },
  }
}

test('messages are sent, peeked at, received and deleted', async (t) => {
  const { hanshu } = await session(t)
  assert.equal(
    (await hanshu(['create', 'orders', '--visibility', '60'])).output,
    'created the queue orders\n',
  )
  const body = ' <b> & "中"\n'
  assert.match(
    (await hanshu(['send', 'orders', '-', '--priority', '3'], { input: body })).output,
    /^[0-9A-F]{32}\n$/,
  )
  await hanshu(['send', 'orders', 'second'])
  await hanshu(['send', 'orders', 'later', '--delay', '60'])
  assert.match((await hanshu(['list'])).output, /^KIND .*\nqueue +orders +2 +0 +1\n$/)
  assert.equal((await hanshu(['peek', 'orders'])).output, `${body}\n`)
  const received = JSON.parse(
    (await hanshu(['receive', 'orders', '--number', '16', '--output', 'json'])).output,
  )
  assert.deepEqual(
    received.map((one: { body: string; priority: number; enqueued: string }) => [
      one.body,
      one.priority,
      one.enqueued,
    ]),
    [
      [body, 3, '2026-01-01T00:00:00.000Z'],
      ['second', 8, '2026-01-01T00:00:00.000Z'],
    ],
  )
  assert.match((await hanshu(['list'])).output, /orders +0 +2 +1\n/)
  await hanshu(['send', 'orders', 'third'])
  assert.deepEqual(await hanshu(['receive', 'orders', '--delete']), {
    exitCode: 0,
    output: 'third\n',
    notes: '',
  })
  assert.match((await hanshu(['list'])).output, /orders +0 +2 +1\n/)
  const none = await hanshu(['receive', 'orders', '--wait', '0'])
  assert.deepEqual(none, { exitCode: 0, output: '', notes: 'There is no message.\n' })
  assert.equal((await hanshu(['peek', 'orders', '--output', 'json'])).output, '[]\n')
})

test('what is published to a topic comes to the queues that are subscribed', async (t) => {
  const { hanshu, mns } = await session(t)
  await hanshu(['create', 'inbox'])
  assert.equal((await hanshu(['create', 'news', '--topic'])).output, 'created the topic news\n')
  const wanted = ['subscribe', 'news', 'to-inbox', 'queue:inbox', '--format', 'SIMPLIFIED', '--tag', 'hi']
  assert.match(
    (await hanshu(wanted)).output,
    /^subscribed acs:mns:cn-hangzhou:1234567890123456:queues\/inbox to news/,
  )
  assert.match(
    (await hanshu(['list', '--subscriptions', 'news'])).output,
    /to-inbox +acs:mns:cn-hangzhou:\d+:queues\/inbox +hi +SIMPLIFIED +BACKOFF_RETRY\n/,
  )
  await hanshu(['publish', 'news', 'not for it'])
  await hanshu(['publish', 'news', 'for it', '--tag', 'hi'])
  await eventually('it is delivered', async () => (await hanshu(['peek', 'inbox'])).output !== '')
  assert.equal((await hanshu(['receive', 'inbox', '--number', '16'])).output, 'for it\n')
  assert.match(
    (await hanshu(['list', '--output', 'json'])).output,
    /"kind": "topic",\n(.*\n)*? +"TopicName": "news"/,
  )
  await hanshu(['unsubscribe', 'news', 'to-inbox'])
  assert.match((await hanshu(['list', '--subscriptions', 'news'])).output, /^SUBSCRIPTION.*\n$/)
  assert.deepEqual(mns.warned, [])
})

test('a list of any length is read page by page', async (t) => {
  const { hanshu, mns } = await session(t)
  for (let index = 0; index < 1001; index++) await mns.queues.create(`q${index}`, {})
  const listed = JSON.parse((await hanshu(['list', '--output', 'json', '--prefix', 'q'])).output)
  assert.equal(new Set(listed.map(({ QueueName }: { QueueName: string }) => QueueName)).size, 1001)
})

test('deleting asks, and what goes wrong is said in words that help', async (t) => {
  const { hanshu } = await session(t)
  await hanshu(['create', 'q'])
  assert.equal((await hanshu(['delete', 'q'])).exitCode, 2)
  assert.equal((await hanshu(['delete', 'q'], { answers: ['no'] })).exitCode, 1)
  assert.equal((await hanshu(['delete', 'q'], { answers: ['y'] })).output, 'deleted the queue q\n')
  const gone = await hanshu(['delete', 'q', '--force'])
  assert.equal(gone.exitCode, 1)
  assert.match(gone.notes, /There is no queue q\. .*hanshu mns create q makes it/)
  assert.match((await hanshu(['publish', 'q', 'x'])).notes, /There is no topic q\./)
  assert.match((await hanshu(['send', 'q', 'x'], { environment: { HANSHU_MNS_ENDPOINT: 'http://127.0.0.1:1' } })).notes, /The platform is not running/) // biome-ignore format: one line
  for (const words of [
    ['receive', 'q', '--number', '17'],
    ['receive', 'q', '--wait', 'long'],
    ['create', 'q', '--topic', '--delay', '1'],
    ['send', 'q'],
  ]) {
    assert.equal((await hanshu(words)).exitCode, 2, words.join(' '))
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestbed } from '../../../products/functions/testbed.fixture.ts'
import { run } from '../../run.ts'
import { scriptedTerminal } from '../../testing/scripted-terminal.ts'

test('triggers are listed with what waits, shown, paused, resumed and replayed', async (t) => {
  const redriven: unknown[] = []
  const letter = { what: 'event', because: 'it failed', condition: 'UnhandledInvocationError', diedMs: 0, attempts: 4 } as const // biome-ignore format: one line
  const bed = await startTestbed({
    eventSources: {
      flawOf: async () => undefined,
      stateOf: async () => ({
        waiting: 12,
        oldestMs: Date.parse('2025-12-31T23:55:00Z'),
        lastError: { atMs: Date.parse('2025-12-31T22:00:00Z'), message: 'the function is throttled\nmore' },
      }),
    },
    deadLetters: {
      list: async () => ({
        letters: [
          { ...letter, requestId: '1-a', triggerName: 'on-upload' },
          { ...letter, requestId: '1-b' },
        ],
      }),
      redrive: async (_name, requestIds) => redriven.push(...(requestIds ?? [])),
      purge: async () => 0,
    },
  })
  t.after(() => bed.close())
  await bed.createFunction('thumbnails')
  const triggers = [
    {
      triggerName: 'on-upload',
      triggerType: 'oss',
      sourceArn: 'acs:oss:cn-hangzhou:1234567890123456:photos',
      invocationRole: 'acs:ram::1234567890123456:role/r',
      triggerConfig: '{"events":["oss:ObjectCreated:*"]}',
    },
    { triggerName: 'web', triggerType: 'http', triggerConfig: '{"authType":"anonymous","methods":["GET"]}' },
  ]
  for (const body of triggers) {
    const made = await bed.call('POST', '/2023-03-30/functions/thumbnails/triggers', body)
    assert.equal(made.status, 200, JSON.stringify(made))
  }
  const hanshu = async (...words: string[]) => {
    const terminal = scriptedTerminal({
      environment: {
        HANSHU_DATA: '/no/such/folder',
        HANSHU_ENDPOINT: `http://${bed.endpoint}`,
        HANSHU_ACCOUNT_ID: '1',
        HANSHU_ACCESS_KEY_ID: 'any',
        HANSHU_ACCESS_KEY_SECRET: 'any',
      },
    })
    const exitCode = await run(['trigger', ...words], terminal)
    return { exitCode, output: terminal.output(), notes: terminal.notes() }
  }

  assert.deepEqual((await hanshu('list')).output.split('\n'), [
    'FUNCTION    TRIGGER    TYPE  SOURCE  WAITING  OLDEST  PAUSED  LAST ERROR',
    'thumbnails  on-upload  oss   photos  12       5m              2h0m ago: the function is throttled',
    'thumbnails  web        http',
    '',
  ])
  assert.equal((await hanshu('list', 'other', '--output', 'json')).output, '[]\n')
  assert.equal((await hanshu('pause', 'thumbnails', 'on-upload')).output, 'paused thumbnails/on-upload\n')
  const paused = JSON.parse((await hanshu('list', '--output', 'json')).output)
  assert.match(paused[0].pausedTime, /^\d{4}-/)
  assert.match(
    (await hanshu('show', 'thumbnails', 'on-upload')).output,
    /events: oss:ObjectCreated:\*\n(.*\n)*pausedTime: /,
  )
  assert.equal((await hanshu('resume', 'thumbnails', 'on-upload')).output, 'resumed thumbnails/on-upload\n')
  assert.equal(JSON.parse((await hanshu('list', '--output', 'json')).output)[0].pausedTime, undefined)
  assert.equal((await hanshu('replay', 'thumbnails', 'on-upload')).output, 'replayed: 1\n')
  assert.deepEqual(redriven, ['1-a'])

  const other = await hanshu('pause', 'thumbnails', 'web')
  assert.equal(other.exitCode, 1)
  assert.match(other.notes, /keeps no events/)
  assert.match((await hanshu('show', 'thumbnails', 'nope')).notes, /TriggerNotFound/)
})

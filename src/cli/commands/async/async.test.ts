import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestbed } from '../../../products/functions/testbed.fixture.ts'
import { run } from '../../run.ts'
import { scriptedTerminal } from '../../testing/scripted-terminal.ts'

test('dead letters are listed, redriven and purged, all of them only when that is said', async (t) => {
  const asked: unknown[] = []
  const act = (verb: string, count: number) => async (name: object, requestIds?: ReadonlySet<string>) => {
    asked.push([verb, name, requestIds && [...requestIds]])
    return count
  }
  const letter = { requestId: '1-a', what: 'event', because: 'it failed 4 times', condition: 'UnhandledInvocationError', diedMs: 0, attempts: 4 } as const // biome-ignore format: one line
  const bed = await startTestbed({
    deadLetters: {
      list: async ({ after, includePayload }) =>
        after === undefined
          ? { letters: [{ ...letter, ...(includePayload ? { payload: Buffer.from('x') } : {}) }], next: 'n' }
          : { letters: [{ ...letter, what: 'delivery', requestId: '1-b', destination: 'acs:mns:q' }] },
      redrive: act('redrive', 2),
      purge: act('purge', 7),
    },
  })
  t.after(() => bed.close())
  await bed.createFunction('hello')
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
    return { exitCode: await run(words, terminal), output: terminal.output() }
  }

  const { output } = await hanshu('async', 'dead-letters', 'hello')
  assert.match(
    output,
    /1-a +4 +UnhandledInvocationError: it failed 4 times\n.*1-b.*\(outcome for acs:mns:q\)/,
  )
  const listed = await hanshu('async', 'dead-letters', 'hello', '--payload', '--output', 'json')
  assert.equal(JSON.parse(listed.output)[0].payloadBase64, 'eA==')

  assert.equal((await hanshu('async', 'redrive', 'hello', '1-a', '1-b')).output, 'redriven: 2\n')
  assert.equal((await hanshu('async', 'purge', 'hello', '--all')).output, 'purged: 7\n')
  for (const words of [['hello'], ['hello', '1-a', '--all']])
    assert.notEqual((await hanshu('async', 'purge', ...words)).exitCode, 0)
  assert.notEqual((await hanshu('async', 'redrive', 'absent', '--all')).exitCode, 0)
  const name = { accountId: '1234567890123456', functionName: 'hello' }
  assert.deepEqual(asked, [
    ['redrive', name, ['1-a', '1-b']],
    ['purge', name, undefined],
  ])
})

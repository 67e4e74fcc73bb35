import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { session } from '../../testing/session.ts'

test('an event goes to standard output, or to a file', async (t) => {
  const { hanshu, folder } = await session(t)
  const words = ['event', 'generate', 'timer', '--name', 'nightly', '--payload', 'p']
  const { exitCode, output } = await hanshu(words)
  assert.equal(exitCode, 0)
  assert.deepEqual(JSON.parse(output), {
    triggerTime: '2026-01-01T00:00:00Z',
    triggerName: 'nightly',
    payload: 'p',
  })
  assert.equal((await hanshu([...words, '--output', 'event.json'])).output, '')
  assert.equal(await readFile(join(folder, 'event.json'), 'utf8'), output)
})

test('a part that its type does not have is wrong usage; the list names the parts', async (t) => {
  const { hanshu } = await session(t)
  const { exitCode, notes } = await hanshu(['event', 'generate', 'timer', '--bucket', 'b'])
  assert.equal(exitCode, 2)
  assert.match(notes, /timer has no bucket.* It has: name, payload/)
  assert.match(
    (await hanshu(['event', 'list'])).output,
    /^oss +bucket, key, event, size, mime-type +a change of an object/m,
  )
})

test('invoke fires a trigger by hand, with the account and region of the platform', async (t) => {
  const { platform, hanshu } = await session(t)
  platform.answer = ({ path, body }, response) => {
    if (!path.endsWith('/invocations')) return false
    response.writeHead(200).end(body)
    return true
  }
  const fired = await hanshu([
    'invoke',
    'f',
    '--trigger',
    'oss',
    '--set',
    'key=a=b.jpg',
    '--region',
    'cn-beijing',
  ])
  assert.equal(fired.exitCode, 0, fired.notes)
  const [{ oss, region }] = JSON.parse(fired.output).events
  assert.deepEqual([oss.object.key, region], ['a=b.jpg', 'cn-beijing'])
  const both = await hanshu(['invoke', 'f', '--trigger', 'oss', '--event', 'x'])
  assert.deepEqual([both.exitCode, /Only one of/.test(both.notes)], [2, true])
  assert.match((await hanshu(['invoke', 'f', '--set', 'a=b'])).notes, /--set goes with --trigger/)
})

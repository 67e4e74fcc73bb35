import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { session } from '../testing/session.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hanshu-snapshot-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

test('a snapshot is a file that its owner alone may read, under its name once it is whole', async (t) => {
  const dir = await folder(t)
  const file = join(dir, 's.tar')
  const { hanshu, platform } = await session(t)
  platform.answer = ({ method, path }, response) => {
    assert.equal(`${method} ${path}`, 'POST /hanshu/snapshot')
    response.write('first')
    readdir(dir).then((names) => {
      assert.deepEqual(names, ['s.tar.unfinished'])
      response.end('second')
    })
    return true
  }
  const { exitCode, output } = await hanshu(['snapshot', file])
  assert.deepEqual([exitCode, output], [0, `${file}\n`])
  assert.equal(await readFile(file, 'utf8'), 'firstsecond')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const again = await hanshu(['snapshot', file])
  assert.equal(again.exitCode, 1)
  assert.match(again.notes, /is there already/)
})

test('an answer that breaks off, or a refusal, leaves nothing', async (t) => {
  const dir = await folder(t)
  const { hanshu, platform } = await session(t)
  platform.answer = (_request, response) => {
    response.write('half')
    setImmediate(() => response.destroy())
    return true
  }
  const brokenOff = await hanshu(['snapshot', join(dir, 's.tar')])
  assert.equal(brokenOff.exitCode, 1)
  platform.answer = (_request, response) => {
    response
      .writeHead(409)
      .end(JSON.stringify({ Code: 'Conflict', Message: 'another snapshot is under way' }))
    return true
  }
  assert.match((await hanshu(['snapshot', join(dir, 's.tar')])).notes, /another snapshot is under way/)
  assert.deepEqual(await readdir(dir), [])
})

test('scrub says how far the round is, and what the last one found', async (t) => {
  const { hanshu, platform } = await session(t)
  platform.answer = (_request, response) =>
    void response.end('{"round":{"blobs":7},"last":{"lost":0}}') === undefined
  const { output } = await hanshu(['scrub'])
  assert.equal(output, 'round:\n  blobs: 7\nlast:\n  lost: 0\n')
  assert.deepEqual(JSON.parse((await hanshu(['scrub', '--output', 'json'])).output), { round: { blobs: 7 }, last: { lost: 0 } }) // biome-ignore format: one line
})

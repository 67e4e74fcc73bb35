/** Access logs of a running platform: what it was asked before it was stopped is kept for the log of the hour. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { sqliteRecordStore } from '../../../src/drivers/embedded/records.ts'
import { startPlatform } from '../../platform.fixture.ts'
import { ossClient, refused } from './objects.fixture.ts'

it('a platform that is stopped has kept the lines that are in no log yet', async () => {
  const platform = await startPlatform()
  try {
    const oss = ossClient(platform, { bucket: 'logged' })
    await oss.putBucket('logged')
    await oss.put('before', Buffer.from('x'))
    await oss.putBucketLogging('logged', 'logs/')
    await oss.put('k', Buffer.from('hello'))
    await refused(oss.get('nothing'))
    await fetch(oss.signatureUrl('k')).then((answer) => answer.text())
    assert.equal(await platform.stop(), 0)

    const records = await sqliteRecordStore({ file: join(platform.dataDir, 'records.db') })
    const pieces = await records.list<{ to: object; text: string }>({
      prefix: 'objects/access-log/',
      limit: 10,
    })
    await records.close()
    assert.deepEqual(pieces[0]!.value.to, { targetBucket: 'logged', targetPrefix: 'logs/' })
    const lines = pieces
      .map(({ value }) => value.text)
      .join('')
      .trimEnd()
      .split('\n')
    assert.equal(lines.length, 3)
    assert.match(lines[0]!, /"PUT \/logged\/k HTTP\/1\.1" 200 0 \d+ .* "PutObject" "logged" "\/k" 5 /)
    assert.match(lines[1]!, /"GET \/logged\/nothing HTTP\/1\.1" 404 0 .* "NoSuchKey" /)
    assert.match(lines[2]!, /Signature=\*\*\*.* HTTP\/1\.1" 200 5 /)
  } finally {
    await platform.remove()
  }
})

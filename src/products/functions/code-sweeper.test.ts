import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodeSweeper } from './code-sweeper.ts'
import { startTestbed, zipOf } from './testbed.fixture.ts'

test('a package goes only when nothing has named or run it for long', async () => {
  const bed = await startTestbed()
  try {
    const { blobs } = bed.packages
    let inUse = new Set<string>()
    const sweeper = new CodeSweeper({
      unusedForMs: 25 * 3600 * 1000,
      inUse: () => inUse,
      records: bed.records,
      clock: bed.clock,
      blobs: {
        async *list() {
          yield* [...blobs.keys()]
        },
        remove: async (blobId) => void blobs.delete(blobId),
      },
    })
    const hours = (count: number) => bed.clock.advance(count * 3600 * 1000)
    const layer = await bed.call('POST', '/2023-03-30/layers/l/versions', {
      code: { zipFile: zipOf('layer').toString('base64') },
      compatibleRuntime: ['nodejs20'],
    })
    await bed.createFunction('f', { layers: [layer.json.layerVersionArn] })
    await bed.call('POST', '/2023-03-30/functions/f/versions', {})
    await bed.call('PUT', '/2023-03-30/functions/f', { code: { zipFile: zipOf('2').toString('base64') } })
    await bed.call('PUT', '/2023-03-30/functions/f', { code: { zipFile: zipOf('3').toString('base64') } })
    // layer = blob 1, version 1 = blob 2, replaced = blob 3, LATEST = blob 4
    assert.deepEqual(await sweeper.sweep(), [])
    hours(24)
    assert.deepEqual(await sweeper.sweep(), [])
    hours(2)
    assert.deepEqual(await sweeper.sweep(), ['blob-3'])
    // A layer that was deleted stays for the function that uses it.
    await bed.call('DELETE', '/2023-03-30/layers/l/versions/1')
    await bed.call('DELETE', '/2023-03-30/functions/f/versions/1')
    await sweeper.sweep()
    hours(26)
    // An invocation of the version that was deleted is still under way.
    inUse = new Set(['blob-2'])
    assert.deepEqual(await sweeper.sweep(), [])
    inUse = new Set()
    assert.deepEqual(await sweeper.sweep(), [])
    hours(26)
    assert.deepEqual(await sweeper.sweep(), ['blob-2'])
    await bed.call('DELETE', '/2023-03-30/functions/f')
    await sweeper.sweep()
    hours(26)
    assert.deepEqual((await sweeper.sweep()).sort(), ['blob-1', 'blob-4'])
    assert.equal(blobs.size, 0)
    // A platform that starts has nothing running: it need not wait.
    await bed.createFunction('kept')
    await bed.createFunction('replaced')
    await bed.call('PUT', '/2023-03-30/functions/replaced', {
      code: { zipFile: zipOf('2').toString('base64') },
    })
    const [kept, replaced, newer] = [...blobs.keys()]
    assert.deepEqual(await sweeper.sweepAtStart(), [replaced])
    assert.deepEqual([...blobs.keys()], [kept, newer])
  } finally {
    await bed.close()
  }
})

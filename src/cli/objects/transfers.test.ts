import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { crc64Decimal } from '../../lib/checksums.ts'
import { findProduct } from '../product.ts'
import { objectSession } from '../testing/object-storage.fixture.ts'
import { transferProgress } from '../transfer-progress.ts'
import { objectStorage } from './client.ts'
import { copyObject } from './copy-object.ts'

/** A server that answers as it is told, in place of Object Storage. */
async function answering(t: TestContext, answer: (response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => answer(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close().closeAllConnections())
  return {
    environment: { HANSHU_OSS_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
  }
}

test('an object that arrives broken takes the place of nothing, and leaves nothing', async (t) => {
  const { hanshu, write, read, folder } = await objectSession(t)
  await write('kept', 'old')
  const other = await answering(t, (response) =>
    response.writeHead(200, { 'content-length': '3', 'x-oss-hash-crc64ecma': '1' }).end('new'),
  )
  const rotten = await hanshu(['cp', 'oss://bbb/k', 'kept'], other)
  assert.equal(rotten.exitCode, 1)
  assert.match(rotten.notes, /oss:\/\/bbb\/k arrived with other bytes/)

  let requests = 0
  const cut = await answering(t, (response) => {
    response.writeHead(200, { 'content-length': '10' })
    if (requests++ === 0) response.end('0123456789')
    else response.write('0123', () => response.destroy())
  })
  const broken = await hanshu(['cp', 'oss://bbb/k', 'kept'], cut)
  assert.equal(broken.exitCode, 1)
  assert.match(broken.notes, /The connection ended in the middle of oss:\/\/bbb\/k\. Try again\./)
  const piped = await hanshu(['cp', 'oss://bbb/k', '-'], cut)
  assert.equal(piped.exitCode, 1)
  assert.match(piped.notes, /ended in the middle/)
  assert.equal((await read('kept')).toString(), 'old')
  assert.deepEqual(await readdir(folder), ['kept'])
})

test('bytes that another has made of ours are told, and another server is not taken for this one', async (t) => {
  const { hanshu, write } = await objectSession(t)
  await write('x', 'x')
  const other = await answering(t, (response) =>
    response.writeHead(200, { etag: '"E"', 'x-oss-hash-crc64ecma': crc64Decimal(Buffer.from('y')) }).end(),
  )
  assert.match((await hanshu(['cp', 'x', 'oss://bbb/'], other)).notes, /arrived with other bytes/)
  const web = await answering(t, (response) => response.writeHead(200).end('<!doctype html><p>It works'))
  const { exitCode, notes } = await hanshu(['ls', 'oss://bbb'], web)
  assert.equal(exitCode, 1)
  assert.match(notes, /did not answer as Object Storage does/)
})

test('a large copy goes in parts and is the same', async (t) => {
  const { hanshu, terminal, write, read } = await objectSession(t)
  await hanshu(['mb', 'oss://bbb'])
  const content = Buffer.alloc(2_500_000, 'some text, again and again; ')
  await write('x', content)
  await hanshu(['cp', 'x', 'oss://bbb/a b'])
  const own = terminal()
  const connection = await findProduct({ positionals: [], flags: {} }, own, 'oss')
  const storage = objectStorage(connection, own)
  const moving = { storage, terminal: own, progress: transferProgress(own), partBytes: 1 }
  const sizes = { wholeBytesMax: 1_000_000, partBytes: 1_048_576 }
  await copyObject(
    { bucket: 'bbb', key: 'a b' },
    { bucket: 'bbb', key: 'copy' },
    content.length,
    moving,
    sizes,
  )
  await hanshu(['cp', 'oss://bbb/copy', 'back'])
  assert.ok((await read('back')).equals(content))
})

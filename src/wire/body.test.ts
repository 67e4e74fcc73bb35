import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { z } from 'zod'
import type { ApiError } from './api-error.ts'
import { BodyCutOff, BodyTooLarge, collect, json, MalformedBody, none } from './body.ts'

/** A body as it comes from the network: a stream with headers. */
const incoming = (headers: Record<string, string> = {}): IncomingMessage & PassThrough => {
  const body = new PassThrough()
  const setTimeout = (ms: number, onIdle?: () => void) => {
    if (onIdle) body.on('timeout', onIdle)
    body.emit('timeoutSet', ms)
    return body
  }
  return Object.assign(body, { headers, setTimeout }) as unknown as IncomingMessage & PassThrough
}

describe('collecting a body', () => {
  it('puts its pieces together', async () => {
    const request = incoming()
    const collected = collect(request, 100)
    request.write('ab')
    request.write('cd')
    request.end('ef')
    assert.equal((await collected).toString(), 'abcdef')
  })

  it('gives nothing for an empty one', async () => {
    const request = incoming()
    const collected = collect(request, 0)
    request.end()
    assert.equal((await collected).length, 0)
  })

  it('refuses an announced length before the first byte', async () => {
    await assert.rejects(collect(incoming({ 'content-length': '101' }), 100), BodyTooLarge)
  })

  it('refuses what turns out too large, and listens no more', async () => {
    const request = incoming()
    const collected = collect(request, 3)
    request.write('abcd')
    await assert.rejects(collected, BodyTooLarge)
    assert.equal(request.listenerCount('data'), 0)
    assert.equal(request.listenerCount('end'), 0)
  })

  it('gives up a body that does not go on, and waits no more', async () => {
    const request = incoming()
    const set: number[] = []
    request.on('timeoutSet', (ms: number) => set.push(ms))
    const collected = collect(request, 100, { idleMs: 1234, heldBytesMax: 1000 })
    request.write('ab')
    request.emit('timeout')
    await assert.rejects(collected, BodyCutOff)
    assert.deepEqual(set, [1234, 0])
    assert.equal(request.listenerCount('timeout'), 0)
  })

  it('turns large bodies away while too much is being read, and only as long', async () => {
    const limits = { idleMs: 1000, heldBytesMax: 200_000 }
    const [stalled, next, small] = [incoming(), incoming(), incoming()]
    const first = collect(stalled, 1e6, limits)
    stalled.write(Buffer.alloc(150_000))
    await new Promise((resolve) => setImmediate(resolve))
    const second = collect(next, 1e6, limits)
    next.write(Buffer.alloc(100_000))
    await assert.rejects(second, (error: ApiError) => error.status === 503)
    const third = collect(small, 1e6, limits)
    small.end(Buffer.alloc(60_000))
    assert.equal((await third).length, 60_000)
    stalled.destroy()
    await assert.rejects(first, BodyCutOff)
    const again = incoming()
    const fourth = collect(again, 1e6, limits)
    again.end(Buffer.alloc(150_000))
    assert.equal((await fourth).length, 150_000)
  })

  it('fails when the connection ends early', async () => {
    const request = incoming()
    const collected = collect(request, 100)
    request.write('ab')
    request.destroy(new Error('aborted'))
    await assert.rejects(collected, BodyCutOff)
  })

  it('fails at once when the connection has ended before', async () => {
    const request = incoming()
    request.destroy()
    await new Promise((resolve) => request.once('close', resolve))
    await assert.rejects(collect(request, 100), BodyCutOff)
  })
})

describe('a JSON body', () => {
  const reader = json(
    z.object({ name: z.string().default('none'), nested: z.object({ n: z.int() }).optional() }),
  )
  const decode = (text: string | Buffer) => reader.decode(Buffer.from(text as string), incoming())

  it('is of the shape asked for; nothing is an empty object', () => {
    assert.deepEqual(decode('{"name":"你"}'), { name: '你' })
    assert.deepEqual(decode(''), { name: 'none' })
  })

  it('is refused with the place of every problem', () => {
    assert.throws(
      () => decode('{"name":1,"nested":{"n":1.5}}'),
      (error) =>
        error instanceof MalformedBody && error.issues.map(({ path }) => path).join() === 'name,nested.n',
    )
  })

  it('must be JSON, and UTF-8', () => {
    assert.throws(() => decode('{'), MalformedBody)
    assert.throws(() => decode(Buffer.from([0x22, 0xff, 0x22])), MalformedBody)
  })
})

describe('no body', () => {
  it('ignores what SDKs send all the same', () => {
    assert.equal(none.decode(Buffer.from('{}'), incoming()), undefined)
  })
})

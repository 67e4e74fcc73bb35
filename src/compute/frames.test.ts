import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeError,
  encodeFrame,
  encodeHead,
  encodeInvoke,
  FrameDecoder,
  FrameTooLong,
  type FrameType,
  FrameWriter,
  frameLengthMax,
  frameType,
  MalformedFrame,
} from './frames.ts'

interface Frame {
  type: FrameType
  id: number
  payload: Buffer
}

const anyFrame: fc.Arbitrary<Frame> = fc.record(
  {
    type: fc.constantFrom(...Object.values(frameType)),
    id: fc.integer({ min: 0, max: 0xffffffff }),
    payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
)

function decodeAll(chunks: readonly Buffer[]): Frame[] {
  const frames: Frame[] = []
  const decoder = new FrameDecoder((type, id, payload) =>
    frames.push({ type, id, payload: Buffer.from(payload) }),
  )
  for (const chunk of chunks) decoder.push(chunk)
  return frames
}

describe('FrameDecoder', () => {
  it('yields the same frames however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), fc.array(fc.nat({ max: 900 })), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(({ type, id, payload }) => encodeFrame(type, id, payload)))
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(stream.subarray(at, Math.min(at + cut, stream.length)))
          at = Math.min(at + cut, stream.length)
        }
        chunks.push(stream.subarray(at))
        assert.deepEqual(decodeAll(chunks), frames)
      }),
      { numRuns: 500 },
    )
  })

  it('puts a frame together from single bytes', () => {
    const stream = encodeInvoke(7, '{"requestId":"r"}', Buffer.from('event'))
    const [frame] = decodeAll([...stream].map((byte) => Buffer.from([byte])))
    assert.equal(frame!.id, 7)
    assert.equal(frame!.payload.toString('latin1', 2), '{"requestId":"r"}event')
  })

  it('gathers a large frame of many chunks', () => {
    const payload = Buffer.alloc(5_000_000, 'abc')
    const stream = Buffer.concat([encodeFrame(frameType.result, 1, payload), encodeFrame(frameType.ready, 0)])
    const chunks: Buffer[] = []
    for (let at = 0; at < stream.length; at += 65_536) chunks.push(stream.subarray(at, at + 65_536))
    const frames = decodeAll(chunks)
    assert.equal(frames.length, 2)
    assert.ok(frames[0]!.payload.equals(payload))
  })

  it('hands over a frame within one chunk as a view on it', () => {
    const chunk = encodeFrame(frameType.log, 1, Buffer.from('line\n'))
    let view: Buffer | undefined
    new FrameDecoder((_type, _id, payload) => {
      view = payload
    }).push(chunk)
    assert.equal(view!.buffer, chunk.buffer)
    assert.equal(view!.toString(), 'line\n')
  })

  for (const [what, bytes] of [
    ['a length below five', [0, 0, 0, 4, 64, 0, 0, 0, 0]],
    ['a length above the bound', [4, 0, 0, 1, 64, 0, 0, 0, 0]],
    ['an unknown type', [0, 0, 0, 5, 99, 0, 0, 0, 0]],
  ] as const) {
    it(`refuses ${what}, in one chunk or in many`, () => {
      assert.throws(() => decodeAll([Buffer.from(bytes)]), MalformedFrame)
      assert.throws(() => decodeAll(bytes.map((byte) => Buffer.from([byte]))), MalformedFrame)
    })
  }
})

describe('encoding', () => {
  it('refuses a frame above the bound', () => {
    assert.throws(() => encodeFrame(frameType.invoke, 1, Buffer.alloc(frameLengthMax)), FrameTooLong)
  })

  it('refuses a head that does not fit its length field', () => {
    assert.throws(() => encodeHead('x'.repeat(65_536)), /at most 65535 bytes/)
  })

  it('counts the head in bytes, not characters', () => {
    assert.equal(encodeHead('"函数"').readUInt16BE(0), 8)
  })

  it('reads the three kinds of error and no other', () => {
    assert.deepEqual(decodeError(Buffer.from('\x01{}')), {
      kind: 'handled',
      fatal: false,
      body: Buffer.from('{}'),
    })
    assert.deepEqual(decodeError(Buffer.from('\x02{}')), {
      kind: 'unhandled',
      fatal: false,
      body: Buffer.from('{}'),
    })
    assert.deepEqual(decodeError(Buffer.from('\x03{}')), {
      kind: 'unhandled',
      fatal: true,
      body: Buffer.from('{}'),
    })
    assert.throws(() => decodeError(Buffer.from('\x04{}')), MalformedFrame)
    assert.throws(() => decodeError(Buffer.alloc(0)), MalformedFrame)
  })
})

/** Keeps what is written, piece by piece; `release` lets a held write go on. */
function recordingChannel() {
  const writes: Buffer[] = []
  const held: (() => void)[] = []
  const state = { holds: false }
  const take = (chunk: Buffer, done: () => void) => {
    writes.push(chunk)
    if (state.holds) held.push(done)
    else done()
  }
  const channel = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      take(chunk, done)
    },
    writev(chunks, done) {
      take(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done)
    },
  })
  return {
    channel,
    writes,
    hold: () => {
      state.holds = true
    },
    release: () => {
      state.holds = false
      for (const done of held.splice(0)) done()
    },
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('FrameWriter', () => {
  it('sends what is written in one go as one write', async () => {
    const { channel, writes } = recordingChannel()
    const writer = new FrameWriter(channel)
    writer.bind({ codeDir: '/code' })
    writer.invoke(1, '{"requestId":"r"}', Buffer.from('event'))
    await turn()
    assert.equal(writes.length, 1)
    assert.deepEqual(
      decodeAll(writes).map(({ type, id }) => [type, id]),
      [
        [frameType.bind, 0],
        [frameType.invoke, 1],
      ],
    )
  })

  it('gathers later frames of a turn into a second write', async () => {
    const { channel, writes } = recordingChannel()
    const writer = new FrameWriter(channel)
    for (let id = 1; id <= 20; id++) {
      writer.write(frameType.invoke, id, Buffer.from('x'))
      await new Promise<void>((resolve) => process.nextTick(resolve))
    }
    await turn()
    await turn()
    assert.equal(writes.length, 2)
    assert.deepEqual(
      decodeAll(writes).map(({ id }) => id),
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
  })

  it('keeps the order of large and small frames', async () => {
    const { channel, writes } = recordingChannel()
    const writer = new FrameWriter(channel)
    writer.write(frameType.invoke, 1, Buffer.from('small'))
    writer.write(frameType.invoke, 2, Buffer.alloc(300_000, 'large'))
    writer.write(frameType.invoke, 3)
    await turn()
    assert.deepEqual(
      decodeAll(writes).map(({ id, payload }) => [id, payload.length]),
      [
        [1, 5],
        [2, 300_000],
        [3, 0],
      ],
    )
  })

  it('tells when the channel holds enough, and when it has drained', async () => {
    const { channel, hold, release } = recordingChannel()
    hold()
    const writer = new FrameWriter(channel)
    assert.equal(writer.write(frameType.invoke, 1, Buffer.alloc(1_000_000)), false)
    let isDrained = false
    const drained = writer.drained().then(() => {
      isDrained = true
    })
    await turn()
    assert.equal(isDrained, false)
    release()
    await drained
    assert.equal(writer.write(frameType.invoke, 2), true)
  })

  it('does not wait for ever on a channel that was closed', async () => {
    const { channel, hold } = recordingChannel()
    hold()
    const writer = new FrameWriter(channel)
    writer.write(frameType.invoke, 1, Buffer.alloc(1_000_000))
    const drained = writer.drained()
    channel.destroy()
    await drained
    writer.write(frameType.invoke, 2)
    await writer.drained()
  })
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { crc64Decimal } from '../lib/checksums.ts'
import { BlobCorrupt, type BlobStore, BlobTooLarge, type ByteRange, NoSuchBlob } from './blobs.ts'

export interface BlobStoreContractOptions {
  /** For drivers that outlive their process: closes the store and opens what it left. */
  reopen?: (store: BlobStore) => Promise<BlobStore>
  /** Changes a bit of what the driver keeps of a blob, content or bookkeeping: `where` is from 0 (its first byte) to below 1. */
  corrupt?: (store: BlobStore, blobId: string, where: number) => Promise<void>
}

/** What every BlobStore does. Each driver's test file calls this with its own way to open an empty store. */
export function blobStoreContract(
  driverName: string,
  openEmpty: () => Promise<BlobStore>,
  { reopen, corrupt }: BlobStoreContractOptions = {},
): void {
  describe(`${driverName} keeps the BlobStore contract`, () => {
    let store: BlobStore
    beforeEach(async () => {
      store = await openEmpty()
    })
    afterEach(() => store.close())

    const write = (...pieces: Uint8Array[]) => store.write(piecewise(pieces))
    const read = async (blobId: string, range?: ByteRange): Promise<Buffer> =>
      Buffer.concat(await (await store.read(blobId, range)).toArray())
    const ids = async () => (await Readable.from(store.list()).toArray()).sort() as string[]

    it('reads the bytes that were written, and tells their size and checksums', async () => {
      const content = Buffer.from('123456789')
      const info = await write(content.subarray(0, 4), content.subarray(4))
      assert.deepEqual(info, {
        blobId: info.blobId,
        sizeBytes: 9,
        sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
        md5: '25f9e794323b453885f5181f1b624d0b',
        crc64: '11051210869376104954',
      })
      assert.deepEqual(await store.stat(info.blobId), info)
      assert.equal((await read(info.blobId)).toString(), '123456789')
    })

    it('keeps an empty blob', async () => {
      for (const info of [await write(), await write(new Uint8Array())]) {
        assert.equal(info.sizeBytes, 0)
        assert.equal(info.md5, 'd41d8cd98f00b204e9800998ecf8427e')
        assert.deepEqual(await store.stat(info.blobId), info)
        assert.equal((await read(info.blobId)).length, 0)
        assert.equal((await read(info.blobId, { start: 0, end: 0 })).length, 0)
      }
    })

    it('gives every blob an id of its own, also to equal bytes', async () => {
      const written = await Promise.all(Array.from({ length: 20 }, () => write(Buffer.from('same'))))
      assert.deepEqual(await ids(), written.map(({ blobId }) => blobId).sort())
      assert.equal(new Set(await ids()).size, 20)
    })

    it('keeps a copy of what it was given', async () => {
      const piece = Buffer.from('abc')
      async function* reused() {
        yield piece
        piece.fill('x')
        yield piece
      }
      const { blobId } = await store.write(reused())
      piece.fill('y')
      const first = await read(blobId)
      assert.equal(first.toString(), 'abcxxx')
      first.fill('z')
      assert.equal((await read(blobId)).toString(), 'abcxxx')
    })

    it('refuses at once to read a blob that is not there', async () => {
      const { blobId } = await write(Buffer.from('a'))
      await store.remove(blobId)
      await store.remove(blobId)
      for (const missing of [blobId, '', '../../etc/passwd', 'ab/cd']) {
        await assert.rejects(store.read(missing), NoSuchBlob)
        assert.equal(await store.stat(missing), undefined)
        await store.remove(missing)
      }
      assert.deepEqual(await ids(), [])
    })

    it('reads ranges as slice does, and refuses those outside the blob', async () => {
      const { blobId } = await write(Buffer.from('0123456789'))
      assert.equal((await read(blobId, { start: 2, end: 5 })).toString(), '234')
      assert.equal((await read(blobId, { start: 9, end: 10 })).toString(), '9')
      assert.equal((await read(blobId, { start: 10, end: 10 })).toString(), '')
      for (const range of [{ start: 0, end: 11 }, { start: -1, end: 2 }, { start: 3, end: 2 }, { start: 0.5, end: 2 }])
        await assert.rejects(store.read(blobId, range), RangeError) // biome-ignore format: one line
    })

    it('lets a reader stop early', async () => {
      const { blobId } = await write(Buffer.alloc(1_000_000, 'a'))
      const unread = await store.read(blobId)
      unread.destroy()
      for await (const piece of await store.read(blobId)) {
        assert.ok(piece.length > 0)
        break
      }
      assert.equal((await read(blobId)).length, 1_000_000)
    })

    it('takes content up to the size allowed, and leaves nothing of what is larger', async () => {
      const five = Buffer.from('12345')
      assert.equal((await store.write(piecewise([five, five]), { sizeBytesMax: 10 })).sizeBytes, 10)
      const kept = await ids()
      await assert.rejects(
        store.write(piecewise([five, five]), { sizeBytesMax: 9 }),
        (error) => error instanceof BlobTooLarge && error.sizeBytesMax === 9,
      )
      assert.deepEqual(await ids(), kept)
    })

    it('stops taking content once it is too large', async () => {
      let taken = 0
      async function* endless() {
        for (;;) {
          taken++
          yield Buffer.alloc(10)
        }
      }
      await assert.rejects(store.write(endless(), { sizeBytesMax: 100 }), BlobTooLarge)
      assert.equal(taken, 11)
    })

    it('leaves nothing of a write whose source fails', async () => {
      async function* cutOff() {
        yield Buffer.alloc(200_000)
        throw new Error('connection reset')
      }
      await assert.rejects(store.write(cutOff()), /connection reset/)
      assert.deepEqual(await ids(), [])
    })

    it('leaves nothing of a write that is aborted, before it begins or while its source is stuck', async () => {
      await assert.rejects(store.write(piecewise([Buffer.from('a')]), { signal: AbortSignal.abort(new Error('gone')) }), /gone/) // biome-ignore format: one line

      const abort = new AbortController()
      const { promise: isStuck, resolve: stuck } = Promise.withResolvers<void>()
      const source = {
        [Symbol.asyncIterator]: () => ({
          pieces: 1,
          async next() {
            if (this.pieces-- > 0) return { done: false as const, value: Buffer.alloc(200_000) }
            stuck()
            return new Promise<never>(() => {})
          },
        }),
      }
      const written = store.write(source, { signal: abort.signal })
      await isStuck
      abort.abort(new Error('client went away'))
      await assert.rejects(written, /client went away/)
      assert.deepEqual(await ids(), [])
    })

    it('shows a blob only once it is whole', async () => {
      async function* slow() {
        yield Buffer.alloc(200_000)
        await nextTurn()
        assert.deepEqual(await ids(), [])
        yield Buffer.alloc(1)
      }
      const { blobId } = await store.write(slow())
      assert.deepEqual(await ids(), [blobId])
    })

    it('refuses every call once it is closed', async () => {
      const { blobId } = await write(Buffer.from('a'))
      await store.close()
      await assert.rejects(write(Buffer.from('a')), /closed/)
      await assert.rejects(store.read(blobId), /closed/)
      await assert.rejects(store.stat(blobId), /closed/)
      await assert.rejects(store.remove(blobId), /closed/)
      await assert.rejects(ids(), /closed/)
      await store.close()
    })

    it('behaves as a map of bytes under any sequence of writes, reads and removals', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
          const model = new Map<string, Buffer>()
          for (const step of steps) {
            const [blobId, content] = [...model][step.which % Math.max(1, model.size)] ?? []
            if (step.do === 'write' || blobId === undefined || content === undefined) {
              const whole = contentOf(step.seed, step.sizeBytes)
              const info = await write(...cut(whole, step.cutAt))
              assert.deepEqual(info, { blobId: info.blobId, ...checksums(whole) })
              model.set(info.blobId, whole)
            } else if (step.do === 'remove') {
              await store.remove(blobId)
              model.delete(blobId)
            } else {
              const [start, end] = [step.cutAt, step.sizeBytes].map((at) => at % (content.length + 1)).sort((a, b) => a - b) // biome-ignore format: one line
              const range = { start: start!, end: end! }
              assert.ok((await read(blobId, range)).equals(content.subarray(range.start, range.end)))
            }
          }
          assert.deepEqual(await ids(), [...model.keys()].sort())
          for (const [blobId, content] of model) {
            assert.ok((await read(blobId)).equals(content))
            await store.remove(blobId)
          }
        }),
        { numRuns: 25 },
      )
    })

    if (corrupt) {
      it('never hands out a byte that is not the one written, whichever bit of the blob changes', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.nat({ max: 200_000 }),
            fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
            async (sizeBytes, where) => {
              const content = contentOf(7, sizeBytes)
              const { blobId } = await write(content)
              await corrupt(store, blobId, where)
              let handedOut = 0
              await assert.rejects(async () => {
                for await (const piece of await store.read(blobId)) {
                  assert.ok(content.subarray(handedOut, handedOut + piece.length).equals(piece))
                  handedOut += piece.length
                }
              }, BlobCorrupt)
              await store.remove(blobId)
            },
          ),
          { numRuns: 40 },
        )
      })

      it('verifies ranges too, and says before the first byte that it is wrong', async () => {
        const { blobId } = await write(contentOf(7, 200_000))
        await corrupt(store, blobId, 0.5)
        await assert.rejects(store.read(blobId, { start: 90_000, end: 110_000 }), BlobCorrupt)
        await assert.rejects(read(blobId, { start: 10, end: 110_000 }), BlobCorrupt)
        const whole = (await write(Buffer.from('short'))).blobId
        await corrupt(store, whole, 0)
        await assert.rejects(store.read(whole), BlobCorrupt)
      })
    }

    if (reopen) {
      it('shows after reopening what was acknowledged, and nothing else', async () => {
        const content = contentOf(3, 150_000)
        const kept = await write(content)
        const removed = await write(Buffer.from('removed'))
        await store.remove(removed.blobId)
        await assert.rejects(store.write(piecewise([content]), { sizeBytesMax: 1 }), BlobTooLarge)
        store = await reopen(store)
        assert.deepEqual(await ids(), [kept.blobId])
        assert.deepEqual(await store.stat(kept.blobId), kept)
        assert.ok((await read(kept.blobId)).equals(content))
      })
    }
  })
}

async function* piecewise(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

/** Bytes that look random and are the same for the same seed. */
function contentOf(seed: number, sizeBytes: number): Buffer {
  let state = seed + 1
  return Buffer.from(
    Uint8Array.from({ length: sizeBytes }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      return state >>> 24
    }),
  )
}

function cut(whole: Buffer, at: number): Buffer[] {
  const middle = at % (whole.length + 1)
  return [whole.subarray(0, middle), whole.subarray(middle)]
}

function checksums(content: Buffer) {
  const hex = (algorithm: string) => createHash(algorithm).update(content).digest('hex')
  return { sizeBytes: content.length, sha256: hex('sha256'), md5: hex('md5'), crc64: crc64Decimal(content) }
}

const someBytes = fc.oneof(
  fc.nat({ max: 100 }),
  fc.nat({ max: 300_000 }),
  fc.constantFrom(65_535, 65_536, 65_537, 131_072),
)
const step = fc.record({
  do: fc.constantFrom('write', 'read', 'read', 'remove'),
  which: fc.nat({ max: 5 }),
  seed: fc.nat({ max: 255 }),
  sizeBytes: someBytes,
  cutAt: someBytes,
})

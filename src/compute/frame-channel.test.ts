import assert from 'node:assert/strict'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import { FrameChannel } from './frame-channel.ts'
import { encodeFrame, FrameDecoder, type FrameType, frameType, readyFlag } from './frames.ts'
import type { Answer } from './live-instance.ts'

/** A runtime that says what the test tells it to. */
class World {
  readonly clock = new ManualClock()
  readonly channel: FrameChannel
  readonly runtime: Duplex
  readonly heard: { type: FrameType; id: number }[] = []
  readonly begun: string[] = []

  constructor() {
    const [ours, theirs] = duplexPair()
    this.runtime = theirs
    this.channel = new FrameChannel(ours, () => this.clock.monotonicMs())
    const decoder = new FrameDecoder((type, id) => this.heard.push({ type, id }))
    theirs.on('data', (chunk) => decoder.push(chunk))
    theirs.on('error', () => {})
  }

  static async ready(flags: Uint8Array = Buffer.from([readyFlag.takesBack])): Promise<World> {
    const world = new World()
    world.say(frameType.ready, 0, flags)
    await world.channel.ready
    return world
  }

  say(type: FrameType, id: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.runtime.write(encodeFrame(type, id, payload))
  }

  ask(requestId: string): Promise<Answer> {
    return this.channel.ask(frameType.invoke, '{}', undefined, {
      log: undefined,
      requestId,
      started: () => this.begun.push(requestId),
    })
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

test('a call begins when the one before it is answered, and its time runs from then on', async () => {
  const world = await World.ready()
  const answers = [world.ask('a'), world.ask('b')]
  assert.deepEqual(world.begun, ['a'])
  assert.equal(world.channel.runningSinceMs, 0)
  world.clock.advance(7)
  world.say(frameType.result, 1, Buffer.from('A'))
  await answers[0]
  assert.deepEqual(world.begun, ['a', 'b'])
  assert.equal(world.channel.runningSinceMs, 7)
  world.say(frameType.result, 2)
  await answers[1]
  assert.equal(world.channel.runningSinceMs, undefined)
})

test('what the runtime says that a call took is part of its answer', async () => {
  const world = await World.ready()
  const answer = world.ask('a')
  world.say(frameType.took, 1, Buffer.from([0, 0, 0x30, 0x39]))
  world.say(frameType.result, 1, Buffer.from('A'))
  assert.deepEqual(await answer, { is: 'result', body: Buffer.from('A'), tookMs: 12.345 })
})

test('only what has not begun is asked back, all of it or one call', async () => {
  const world = await World.ready()
  const answers = ['a', 'b', 'c', 'd'].map((requestId) => world.ask(requestId))
  world.channel.takeBack('c')
  await turn()
  const askedBack = () => world.heard.filter(({ type }) => type === frameType.takeBack).map(({ id }) => id)
  assert.deepEqual(askedBack(), [3])
  world.say(frameType.returned, 3)
  assert.deepEqual(await answers[2], { is: 'returned' })
  world.channel.takeBack()
  await turn()
  assert.deepEqual(askedBack(), [3, 2, 4])
  // It came to the second before it heard of it.
  world.say(frameType.result, 1)
  world.say(frameType.returned, 4)
  world.say(frameType.result, 2)
  assert.deepEqual(
    (await Promise.all(answers)).map(({ is }) => is),
    ['result', 'result', 'returned', 'returned'],
  )
  assert.deepEqual(world.begun, ['a', 'b'])
})

test('a call that is given back in the moment in which it was to begin makes room for the next', async () => {
  const world = await World.ready()
  const answers = [world.ask('a'), world.ask('b'), world.ask('c')]
  world.channel.takeBack('b')
  world.say(frameType.result, 1)
  world.say(frameType.returned, 2)
  world.say(frameType.result, 3)
  assert.deepEqual(
    (await Promise.all(answers)).map(({ is }) => is),
    ['result', 'returned', 'result'],
  )
  assert.deepEqual(world.begun, ['a', 'b', 'c'])
})

test('of the calls on a channel that ends, only the first may have been seen by the function', async () => {
  const world = await World.ready()
  const answers = [world.ask('a'), world.ask('b'), world.ask('c')]
  await turn()
  world.runtime.end()
  assert.deepEqual(await Promise.all(answers), [
    { is: 'died', delivered: true },
    { is: 'died', delivered: false },
    { is: 'died', delivered: false },
  ])
  assert.deepEqual(await world.ask('d'), { is: 'died', delivered: false })
})

test('a runtime that cannot give calls back is not asked to', async () => {
  const world = await World.ready(Buffer.alloc(0))
  assert.equal(world.channel.takesBack, false)
  void world.ask('a')
  void world.ask('b')
  world.channel.takeBack()
  await turn()
  assert.deepEqual(new Set(world.heard.map(({ type }) => type)), new Set([frameType.invoke]))
})

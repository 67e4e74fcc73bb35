import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Channels, type ChannelVersion, channelsOf, distribute, releaseAll, report } from './channels.ts'

const said = (channels: Channels, clientId: string) =>
  channelsOf(channels, clientId).map(({ channelId, version, status }) => `${channelId} ${version} ${status}`)

/** A heartbeat of a client that says `reported`; what it is told. */
function beat(
  channels: Channels,
  clientId: string,
  reported: ChannelVersion[],
  { clients, open, finished = [] }: { clients: string[]; open: string[]; finished?: string[] },
): ChannelVersion[] {
  report(channels, clientId, reported, { finished })
  distribute(channels, clients, { open })
  return channelsOf(channels, clientId)
}

describe('channels of a tunnel', () => {
  it('all go to the first client, and half of them to the second once the first has let go of them', () => {
    const channels: Channels = new Map()
    const open = ['1', '2', '3', '4']
    const alone = beat(channels, 'a', [], { clients: ['a'], open })
    assert.deepEqual(said(channels, 'a'), ['1 1 OPEN', '2 1 OPEN', '3 1 OPEN', '4 1 OPEN'])

    assert.deepEqual(beat(channels, 'b', [], { clients: ['b', 'a'], open }), [])
    assert.deepEqual(said(channels, 'a'), ['1 1 OPEN', '2 1 OPEN', '3 2 CLOSING', '4 2 CLOSING'])
    // Nobody has two of them: the first still reads.
    assert.deepEqual(beat(channels, 'b', [], { clients: ['b', 'a'], open }), [])

    const closed = alone.map((channel) =>
      Number(channel.channelId) > 2 ? { ...channel, version: 3n, status: 'CLOSE' as const } : channel,
    )
    beat(channels, 'a', closed, { clients: ['a', 'b'], open })
    assert.deepEqual(said(channels, 'a'), ['1 1 OPEN', '2 1 OPEN'])
    assert.deepEqual(said(channels, 'b'), ['3 4 OPEN', '4 4 OPEN'])
  })

  it('go to others when a client is gone, and one that failed at a channel is given it anew', () => {
    const channels: Channels = new Map()
    const open = ['1', '2']
    const had = beat(channels, 'a', [], { clients: ['a'], open })
    const failed = had.map((channel) => ({
      ...channel,
      version: channel.version + 1n,
      status: 'CLOSE' as const,
    }))
    beat(channels, 'a', failed, { clients: ['a'], open })
    assert.deepEqual(said(channels, 'a'), ['1 3 OPEN', '2 3 OPEN'])
    releaseAll(channels, 'a')
    beat(channels, 'b', [], { clients: ['b'], open })
    assert.deepEqual(said(channels, 'b'), ['1 4 OPEN', '2 4 OPEN'])
    // What the first one says is about what it has not.
    report(channels, 'a', failed, { finished: [] })
    assert.deepEqual(said(channels, 'b'), ['1 4 OPEN', '2 4 OPEN'])
  })

  it('pay no heed to old versions', () => {
    const channels: Channels = new Map()
    beat(channels, 'a', [], { clients: ['a'], open: ['1'] })
    const old: ChannelVersion = { channelId: '1', version: 0n, status: 'CLOSE' }
    beat(channels, 'a', [old], { clients: ['a'], open: ['1'] })
    assert.deepEqual(said(channels, 'a'), ['1 1 OPEN'])
  })

  it('are terminated when they are read to their end, and forgotten when the client knows', () => {
    const channels: Channels = new Map()
    const open = beat(channels, 'a', [], { clients: ['a'], open: ['1'] })
    const told = beat(channels, 'a', open, { clients: ['a'], open: [], finished: ['1'] })
    assert.deepEqual(told, [{ channelId: '1', version: 2n, status: 'TERMINATED' }])
    assert.deepEqual(beat(channels, 'a', told, { clients: ['a'], open: [], finished: ['1'] }), [])
    assert.equal(channels.size, 0)
    // Without the end noted, nothing is taken for read.
    const again = beat(channels, 'a', [], { clients: ['a'], open: ['2'] })
    const ended = again.map((channel) => ({ ...channel, version: 2n, status: 'TERMINATED' as const }))
    beat(channels, 'a', ended, { clients: ['a'], open: ['2'] })
    assert.deepEqual(said(channels, 'a'), ['2 3 OPEN'])
  })

  it('have one reader each, whatever clients come and go, and are shared evenly in the end', () => {
    const names = ['a', 'b', 'c', 'd']
    const step = fc.record({
      client: fc.constantFrom(...names),
      does: fc.constantFrom('beat', 'beat', 'beat', 'fail', 'die'),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(step, { maxLength: 40 }), (count, steps) => {
        const channels: Channels = new Map()
        const open = Array.from({ length: count }, (_, at) => String(at))
        /** What each client that is there reads, and at which version it was told to. */
        const reads = new Map<string, Map<string, ChannelVersion>>()
        const versions = new Map<string, bigint>()

        const heartbeat = (client: string, failsAt?: string): void => {
          const mine = reads.get(client) ?? new Map<string, ChannelVersion>()
          reads.set(client, mine)
          const failing = failsAt === undefined ? undefined : mine.get(failsAt)
          if (failing) mine.set(failsAt!, { ...failing, version: failing.version + 1n, status: 'CLOSE' })
          const told = beat(channels, client, [...mine.values()], { clients: [...reads.keys()], open })
          mine.clear()
          for (const channel of told) {
            const closing = channel.status === 'CLOSING'
            mine.set(
              channel.channelId,
              closing ? { ...channel, version: channel.version + 1n, status: 'CLOSE' } : channel,
            )
          }
          for (const [id, { version }] of channels) {
            assert.ok(version >= (versions.get(id) ?? 0n), 'a version went back')
            versions.set(id, version)
          }
          const readers = [...reads.values()].flatMap((of) =>
            [...of.values()].filter(({ status }) => status === 'OPEN').map(({ channelId }) => channelId),
          )
          assert.equal(new Set(readers).size, readers.length, 'a channel is read twice')
        }

        for (const { client, does } of steps) {
          if (does === 'die') {
            reads.delete(client)
            releaseAll(channels, client)
          } else heartbeat(client, does === 'fail' ? [...(reads.get(client)?.keys() ?? [])][0] : undefined)
        }
        heartbeat('a')
        for (let round = 0; round < 4; round++) for (const client of [...reads.keys()]) heartbeat(client)
        const loads = [...reads.values()].map(({ size }) => size)
        assert.equal(
          loads.reduce((sum, load) => sum + load, 0),
          count,
        )
        assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, `loads are ${loads}`)
      }),
      { numRuns: 300 },
    )
  })
})

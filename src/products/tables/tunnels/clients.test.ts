import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '../../../lib/clock.ts'
import { randomIds } from '../../../lib/ids.ts'
import { CLIENTS_MAX, tunnelClients } from './clients.ts'

const channels = { open: ['1', '2'], finished: [] }
const statuses = (held: { channelId: string; status: string }[]) =>
  held.map(({ channelId, status }) => `${channelId} ${status}`)

describe('clients of a tunnel', () => {
  it('lose their channels when they are silent for too long, and are told when they come back', () => {
    const clock = new ManualClock()
    const clients = tunnelClients({ clock, ids: randomIds })
    const first = clients.connect('t', { timeoutSeconds: 10n })
    const second = clients.connect('t', {})
    assert.deepEqual(statuses(clients.heartbeat('t', first, [], channels)), ['1 OPEN'])
    assert.deepEqual(statuses(clients.heartbeat('t', second, [], channels)), ['2 OPEN'])
    clock.advance(10_000)
    clients.requireHolder('t', first, '1')
    clock.advance(1)
    assert.equal(clients.holderOf('t', '1'), undefined)
    assert.deepEqual(statuses(clients.heartbeat('t', second, [], channels)), ['1 OPEN', '2 OPEN'])
    assert.throws(() => clients.heartbeat('t', first, [], channels), { code: 'OTSResourceGone', status: 410 })
    assert.throws(() => clients.requireHolder('t', first, '1'), { code: 'OTSResourceGone' })
    // The vendor's 300 s for who does not say.
    clock.advance(300_000)
    clients.requireHolder('t', second, '2')
    clock.advance(1)
    assert.throws(() => clients.requireHolder('t', second, '2'), { code: 'OTSResourceGone' })
    assert.equal(clock.pendingTimers, 0)
  })

  it('give their channels back at once when they shut down', () => {
    const clients = tunnelClients({ clock: new ManualClock(), ids: randomIds })
    const first = clients.connect('t', {})
    clients.heartbeat('t', first, [], channels)
    const second = clients.connect('t', {})
    clients.shutdown('t', first)
    assert.deepEqual(statuses(clients.heartbeat('t', second, [], channels)), ['1 OPEN', '2 OPEN'])
    assert.throws(() => clients.shutdown('t', first), { code: 'OTSResourceGone' })
    clients.drop('t')
    assert.throws(() => clients.requireHolder('t', second, '1'), { code: 'OTSResourceGone' })
  })

  it('have their tag in their id, and are not too many', () => {
    const clock = new ManualClock()
    const clients = tunnelClients({ clock, ids: randomIds })
    assert.match(clients.connect('t', { tag: 'my-host' }), /^my-host_[0-9a-f-]{36}$/)
    for (let count = 1; count < CLIENTS_MAX; count++) clients.connect('t', {})
    assert.throws(() => clients.connect('t', {}), { code: 'OTSQuotaExhausted' })
    clients.connect('other', {})
    clock.advance(300_001)
    clients.connect('t', {})
  })

  it('are refused with a timeout or a version that cannot be', () => {
    const clients = tunnelClients({ clock: new ManualClock(), ids: randomIds })
    for (const timeoutSeconds of [0n, -1n, 86_401n])
      assert.throws(() => clients.connect('t', { timeoutSeconds }), { code: 'OTSParameterInvalid' })
    const client = clients.connect('t', {})
    for (const version of [-1n, 2n ** 62n]) {
      const reported = [{ channelId: '1', version, status: 'CLOSE' as const }]
      assert.throws(() => clients.heartbeat('t', client, reported, channels), { code: 'OTSParameterInvalid' })
    }
  })
})

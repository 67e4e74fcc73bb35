/**
 * Who of the clients of a tunnel has which channel. Each change of a channel is a new version of it, and of two
 * different versions the higher one counts: a client raises the version when it has closed a channel, and so does the
 * service when it gives a channel, takes it back or ends it. Here is only the rule; `clients.ts` keeps what it is about.
 */

export type ChannelStatus = 'OPEN' | 'CLOSING' | 'CLOSE' | 'TERMINATED'

export interface ChannelVersion {
  channelId: string
  version: bigint
  status: ChannelStatus
}

/** `CLOSE` is a channel that nobody has. */
export interface ChannelState {
  version: bigint
  status: ChannelStatus
  clientId: string | undefined
}

export type Channels = Map<string, ChannelState>

/** Those of the tunnel: to be read now, and those that were read to their end. */
export interface ChannelsOfTunnel {
  open: readonly string[]
  finished: readonly string[]
}

/**
 * Takes over what a client says of its channels; everything else that it says is old, or about what it has not.
 * A channel that it says is terminated without having noted so durably is given out again: it is read twice, not lost.
 */
export function report(
  channels: Channels,
  clientId: string,
  reported: readonly ChannelVersion[],
  { finished }: Pick<ChannelsOfTunnel, 'finished'>,
): void {
  const said = new Map(reported.map((channel) => [channel.channelId, channel]))
  for (const [channelId, state] of channels) {
    if (state.clientId !== clientId) continue
    const now = said.get(channelId)
    // It was told to stop, or that there is no more, and does not have it: it never began, or has forgotten it.
    if (!now) {
      if (state.status !== 'OPEN') release(state)
      continue
    }
    if (now.version < state.version) continue
    if (now.status === 'CLOSE' || now.status === 'TERMINATED') {
      state.version = now.version
      release(state)
    }
  }
  for (const channelId of finished) {
    const state = channels.get(channelId)
    if (!state) continue
    if (state.clientId === undefined) channels.delete(channelId)
    else if (state.status !== 'TERMINATED') move(state, 'TERMINATED')
  }
}

/**
 * Gives channels that nobody has to those who have the fewest, and takes back those that are not to be read any more, and
 * some where one client has too many.
 */
export function distribute(
  channels: Channels,
  clientIds: readonly string[],
  { open }: Pick<ChannelsOfTunnel, 'open'>,
): void {
  if (clientIds.length === 0) return
  for (const [channelId, state] of channels)
    if (state.clientId !== undefined && state.status === 'OPEN' && !open.includes(channelId))
      move(state, 'CLOSING')
  const wanted = new Map<string, string[]>(clientIds.map((clientId) => [clientId, []]))
  const free: string[] = []
  let leaving = 0
  for (const channelId of open) {
    const state = stateOf(channels, channelId)
    if (state.clientId === undefined) free.push(channelId)
    else if (state.status === 'CLOSING') leaving++
    else wanted.get(state.clientId)?.push(channelId)
  }
  for (const channelId of free) {
    const clientId = least(wanted)
    const state = stateOf(channels, channelId)
    state.clientId = clientId
    move(state, 'OPEN')
    wanted.get(clientId)!.push(channelId)
  }
  // Those that are on their way back are counted where they will go.
  for (; leaving > 0; leaving--) wanted.get(least(wanted))!.push('')
  for (;;) {
    const [most, fewest] = [greatest(wanted), least(wanted)]
    if (wanted.get(most)!.length - wanted.get(fewest)!.length <= 1) return
    const channelId = wanted.get(most)!.pop()!
    if (channelId !== '') move(channels.get(channelId)!, 'CLOSING')
    wanted.get(fewest)!.push('')
  }
}

/** Takes everything from a client that is gone. */
export function releaseAll(channels: Channels, clientId: string): void {
  for (const state of channels.values()) if (state.clientId === clientId) release(state)
}

/** What a client is told. */
export const channelsOf = (channels: Channels, clientId: string): ChannelVersion[] =>
  [...channels].flatMap(([channelId, { version, status, clientId: holder }]) =>
    holder === clientId ? [{ channelId, version, status }] : [],
  )

function stateOf(channels: Channels, channelId: string): ChannelState {
  const known = channels.get(channelId)
  if (known) return known
  const fresh: ChannelState = { version: 0n, status: 'CLOSE', clientId: undefined }
  channels.set(channelId, fresh)
  return fresh
}

function move(state: ChannelState, status: ChannelStatus): void {
  state.version++
  state.status = status
}

function release(state: ChannelState): void {
  state.status = 'CLOSE'
  state.clientId = undefined
}

const byCount = (wanted: ReadonlyMap<string, readonly string[]>): [string, number][] =>
  [...wanted].map(([clientId, channels]) => [clientId, channels.length])

/** The first of them, in the order in which they are given. */
const least = (wanted: ReadonlyMap<string, readonly string[]>): string =>
  byCount(wanted).reduce((a, b) => (b[1] < a[1] ? b : a))[0]

const greatest = (wanted: ReadonlyMap<string, readonly string[]>): string =>
  byCount(wanted).reduce((a, b) => (b[1] > a[1] ? b : a))[0]

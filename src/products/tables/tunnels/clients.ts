/**
 * Clients that are connected to tunnels, and the channels they have. They are in memory only: who was connected before
 * the platform was started again is told so (OTSResourceGone), connects again, and goes on at its last checkpoint.
 */
import type { Clock } from '../../../lib/clock.ts'
import type { IdSource } from '../../../lib/ids.ts'
import { parameterInvalid, quotaExhausted, resourceGone } from '../errors.ts'
import {
  type ChannelState,
  type Channels,
  type ChannelsOfTunnel,
  type ChannelVersion,
  channelsOf,
  distribute,
  releaseAll,
  report,
} from './channels.ts'

export interface TunnelClients {
  /** The id of a client that is new; throws when there are too many. */
  connect(tunnelId: string, config: ClientConfig): string
  /** It lives; what it has from now on. Throws for a client that is not there any more. */
  heartbeat(
    tunnelId: string,
    clientId: string,
    reported: readonly ChannelVersion[],
    channels: ChannelsOfTunnel,
  ): ChannelVersion[]
  /** Throws unless the client is there and has the channel. */
  requireHolder(tunnelId: string, clientId: string, channelId: string): void
  shutdown(tunnelId: string, clientId: string): void
  /** Of a channel that somebody has. */
  holderOf(tunnelId: string, channelId: string): Readonly<ChannelState> | undefined
  /** The tunnel is no more. */
  drop(tunnelId: string): void
}

export interface ClientConfig {
  /** How long it may be silent. Default: the vendor's 300 s. */
  timeoutSeconds?: bigint | undefined
  /** In its id, as the vendor has it: the name of its host. */
  tag?: string | undefined
}

const TIMEOUT_SECONDS = 300n
const TIMEOUT_SECONDS_MAX = 86_400n
const TAG_MAX = 100

/** Of a tunnel, which has one channel to be read at a time; the others wait to take its place. */
export const CLIENTS_MAX = 100
/** Of all tunnels: each is a few hundred bytes. */
const CLIENTS_IN_ALL_MAX = 10_000
/** Versions rise by one, so that no client ever comes near. */
const VERSION_END = 2n ** 62n

interface Client {
  timeoutMs: number
  /** Monotonic. */
  silentSinceMs: number
}

interface Connected {
  /** In the order in which they connected. */
  clients: Map<string, Client>
  channels: Channels
}

export function tunnelClients({ clock, ids }: { clock: Clock; ids: IdSource }): TunnelClients {
  const tunnels = new Map<string, Connected>()

  /** Without those who were silent for too long. */
  function living(tunnelId: string): Connected | undefined {
    const connected = tunnels.get(tunnelId)
    if (!connected) return undefined
    const nowMs = clock.monotonicMs()
    for (const [clientId, { timeoutMs, silentSinceMs }] of connected.clients)
      if (nowMs - silentSinceMs > timeoutMs) leave(connected, clientId)
    // Versions are told to nobody any more.
    if (connected.clients.size === 0) tunnels.delete(tunnelId)
    return connected.clients.size === 0 ? undefined : connected
  }

  function leave({ clients, channels }: Connected, clientId: string): void {
    clients.delete(clientId)
    releaseAll(channels, clientId)
  }

  function requireClient(tunnelId: string, clientId: string): Connected & { client: Client } {
    const connected = living(tunnelId)
    const client = connected?.clients.get(clientId)
    if (!connected || !client) throw resourceGone('The tunnel client is not connected any more.')
    return { ...connected, client }
  }

  function countOfAll(): number {
    let count = 0
    for (const tunnelId of [...tunnels.keys()]) count += living(tunnelId)?.clients.size ?? 0
    return count
  }

  return {
    connect(tunnelId, { timeoutSeconds = TIMEOUT_SECONDS, tag = '' }) {
      if (timeoutSeconds < 1n || timeoutSeconds > TIMEOUT_SECONDS_MAX)
        throw parameterInvalid(`The timeout of a client must be in range: [1, ${TIMEOUT_SECONDS_MAX}].`)
      const connected = living(tunnelId) ?? { clients: new Map(), channels: new Map() }
      if (connected.clients.size >= CLIENTS_MAX || countOfAll() >= CLIENTS_IN_ALL_MAX)
        throw quotaExhausted('Number of tunnel clients exceeded the quota.')
      const clientId = tag === '' ? ids.uuid() : `${tag.slice(0, TAG_MAX)}_${ids.uuid()}`
      connected.clients.set(clientId, {
        timeoutMs: Number(timeoutSeconds) * 1000,
        silentSinceMs: clock.monotonicMs(),
      })
      tunnels.set(tunnelId, connected)
      return clientId
    },

    heartbeat(tunnelId, clientId, reported, ofTunnel) {
      if (reported.some(({ version }) => version < 0n || version >= VERSION_END))
        throw parameterInvalid('The version of a channel is invalid.')
      const { clients, channels, client } = requireClient(tunnelId, clientId)
      client.silentSinceMs = clock.monotonicMs()
      report(channels, clientId, reported, ofTunnel)
      // Where it makes no difference, the one that is known to live.
      distribute(channels, [clientId, ...[...clients.keys()].filter((other) => other !== clientId)], ofTunnel)
      return channelsOf(channels, clientId)
    },

    requireHolder(tunnelId, clientId, channelId) {
      const { channels } = requireClient(tunnelId, clientId)
      if (channels.get(channelId)?.clientId !== clientId)
        throw resourceGone('The channel is not held by this tunnel client.')
    },

    shutdown(tunnelId, clientId) {
      leave(requireClient(tunnelId, clientId), clientId)
    },

    holderOf(tunnelId, channelId) {
      const state = living(tunnelId)?.channels.get(channelId)
      return state?.clientId === undefined ? undefined : state
    },

    drop(tunnelId) {
      tunnels.delete(tunnelId)
    },
  }
}

/**
 * The TCP port of this machine at which a debugger attaches: on loopback only, and handed on to wherever the instance
 * that is debugged listens now. One that connects while there is none waits for the next one.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../lib/clock.ts'

export interface DebugAddress {
  host: string
  port: number
}

export interface DebugPort {
  readonly port: number
  /** From now on connections go there; undefined: they wait. Those that are open stay until one of the two ends them. */
  pointTo(address: DebugAddress | undefined): void
  close(): Promise<void>
}

/** An IDE opens one or two, a browser's developer tools a few more. */
const connectionsMax = 32
/** What has bound the port a moment later is waited for. */
const retryMs = 50
const attemptsMax = 600

/** 0: any free port. Rejects with the error of listen(2). */
export async function openDebugPort(port: number, clock: Clock): Promise<DebugPort> {
  let address: DebugAddress | undefined
  const sockets = new Set<Socket>()
  const server: Server = createServer({ pauseOnConnect: true }, (client) => {
    sockets.add(client)
    client.once('close', () => sockets.delete(client))
    client.on('error', () => client.destroy())
    void handOn(client)
  })
  server.maxConnections = connectionsMax
  server.listen({ host: '127.0.0.1', port, exclusive: true })
  await once(server, 'listening')

  async function handOn(client: Socket): Promise<void> {
    for (let attempt = 0; attempt < attemptsMax && !client.destroyed; attempt++) {
      const upstream = address && (await connected(address))
      if (!upstream) {
        await new Promise<void>((resolve) => clock.after(retryMs, resolve))
        continue
      }
      sockets.add(upstream)
      upstream.once('close', () => {
        sockets.delete(upstream)
        client.destroy()
      })
      upstream.on('error', () => upstream.destroy())
      client.once('close', () => upstream.destroy())
      if (client.destroyed) upstream.destroy()
      client.pipe(upstream)
      upstream.pipe(client)
      client.resume()
      return
    }
    client.destroy()
  }

  return {
    port: (server.address() as { port: number }).port,
    pointTo(next) {
      address = next
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The connection, or undefined when nobody listens there. */
export function connected(address: DebugAddress): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, noDelay: true })
    socket.setTimeout(1000, () => socket.destroy())
    socket.once('connect', () => {
      socket.setTimeout(0)
      resolve(socket)
    })
    socket.once('error', () => resolve(undefined))
    socket.once('close', () => resolve(undefined))
  })
}

/** Listening on several addresses with one port, and closing again within a bound. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { systemClock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { reasonOf } from '../lib/reason.ts'

/** Of one listener: beyond it a connection is closed at once, so that files and instances still find descriptors. */
const connectionsMax = 8192

interface Listener {
  server: Server
  sockets: Set<Socket>
}

/** Listens on every host with the same port; the first decides which when any will do. */
export async function listenAll(
  make: () => Server,
  hosts: readonly string[],
  wanted: number,
  name: string,
  closing: (() => Promise<void> | void)[],
  log: Logger,
): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const servers: Listener[] = []
    try {
      let port = wanted
      for (const host of hosts) {
        const server = make()
        server.maxConnections = connectionsMax
        const sockets = new Set<Socket>()
        server.on('connection', (socket) => {
          sockets.add(socket)
          socket.once('close', () => sockets.delete(socket))
        })
        servers.push({ server, sockets })
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject)
          server.listen({ host, port, backlog: 1024 }, () => {
            server.off('error', reject)
            server.on('error', (err) => log.error({ err, listener: name }, 'a connection was not accepted'))
            resolve()
          })
        })
        const address = server.address()
        if (address !== null && typeof address === 'object') port = address.port
      }
      closing.push(() => Promise.all(servers.map(closeServer)).then(() => {}))
      return port
    } catch (error) {
      for (const { server } of servers) server.close()
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (taken && wanted === 0 && attempt < 20) continue
      if (taken) {
        throw new Error(
          `port ${wanted} is in use: stop what uses it, choose another with --${name}-port, or take any with --ports auto`,
          { cause: error },
        )
      }
      throw new Error(
        `cannot listen on port ${wanted} of ${hosts.join(' and ')} (--host): ${reasonOf(error)}`,
        {
          cause: error,
        },
      )
    }
  }
}

/** New requests are refused; those under way may finish for a moment. */
async function closeServer({ server, sockets }: Listener): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cancel = systemClock.after(2000, () => {
    // Those that became WebSockets are no longer known to the HTTP server, which still waits for them.
    for (const socket of sockets) socket.destroy()
  })
  await closed
  cancel()
}

import { once } from 'node:events'
import { createServer } from 'node:net'

const TRIES_MAX = 100

/**
 * Ports that programs will listen on. They share the machine's, so each gets one that nobody listens on and that no
 * other program was promised: the one it wants if that is possible, else any.
 */
export class ListenPorts {
  readonly #promised = new Set<number>()

  async take(wanted: number): Promise<number> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const port = await freePort(tries === 0 && !this.#promised.has(wanted) ? wanted : 0)
      if (port === undefined || this.#promised.has(port)) continue
      this.#promised.add(port)
      return port
    }
    throw new Error('there is no free TCP port left on this machine')
  }

  giveBack(port: number): void {
    this.#promised.delete(port)
  }
}

/** The port, if it can be listened on; 0: any. */
async function freePort(port: number): Promise<number | undefined> {
  const server = createServer()
  server.listen({ port, host: '0.0.0.0', exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (port !== 0 && (code === 'EADDRINUSE' || code === 'EACCES')) return undefined
    throw error
  }
  const found = (server.address() as { port: number }).port
  server.close()
  await once(server, 'close')
  return found
}

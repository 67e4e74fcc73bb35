/**
 * A session in an instance over a WebSocket. In every message the first byte says what follows (the vendor's SDK for Go):
 * 0 input, 1 output, 2 errors, 4 a new size of the terminal.
 */
import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Clock } from '../../lib/clock.ts'
import type { SandboxSession } from '../../ports/sandbox.ts'

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const RESIZE = 4

/** Of one message of the client; `ws` closes with 1009 beyond it. */
export const messageBytesMax = 1024 * 1024
/** On its way to a client that does not read: then the program waits, too. */
const unsentBytesMax = 1024 * 1024

export interface ExecOptions {
  /** Which of its streams the client wants. */
  stdin: boolean
  stdout: boolean
  stderr: boolean
  /** Without a message in either direction; pings are none. */
  idleTimeoutMs: number
}

/** Joins them until one ends, and ends the other. Resolves with why. */
export async function joinExecSocket(
  socket: WebSocket,
  session: SandboxSession,
  options: ExecOptions,
  clock: Clock,
): Promise<'exited' | 'idle' | 'closed'> {
  let activeMs = clock.monotonicMs()
  let stopWatch = (): void => {}
  const isActive = (): void => {
    activeMs = clock.monotonicMs()
  }
  const idle = new Promise<'idle'>((resolve) => {
    const look = (): void => {
      const leftMs = activeMs + options.idleTimeoutMs - clock.monotonicMs()
      if (leftMs <= 0) resolve('idle')
      else stopWatch = clock.after(leftMs, look)
    }
    look()
  })
  // The close that follows says more.
  socket.on('error', () => {})
  const closed = new Promise<'closed'>((resolve) => socket.once('close', () => resolve('closed')))

  socket.on('message', (message: Buffer) => {
    isActive()
    const input = options.stdin ? inputOf(message) : undefined
    if (!input || session.stdin.destroyed || session.stdin.write(input)) return
    socket.pause()
    session.stdin.once('drain', () => socket.resume())
  })
  session.stdin.once('close', () => socket.resume())
  send(session.stdout, options.stdout ? STDOUT : undefined)
  send(session.stderr, options.stderr ? STDERR : undefined)

  function send(stream: Readable, kind: number | undefined): void {
    if (kind === undefined) {
      stream.resume()
      return
    }
    const type = Buffer.of(kind)
    stream.on('data', (chunk: Buffer) => {
      isActive()
      if (socket.readyState !== socket.OPEN) return
      socket.send(Buffer.concat([type, chunk]), () => {
        if (socket.bufferedAmount < unsentBytesMax) stream.resume()
      })
      if (socket.bufferedAmount >= unsentBytesMax) stream.pause()
    })
  }

  // Once the client is gone nothing is sent any more, and what still comes is dropped.
  void closed.then(() => {
    session.stdout.resume()
    session.stderr.resume()
  })
  const exit = session.exited.then(() => 'exited' as const)
  const why = await Promise.race([exit, idle, closed])
  stopWatch()
  if (why === 'exited') {
    const { code, signal } = await session.exited
    socket.close(1000, signal ? `ended by ${signal}` : `exit code ${code}`)
  } else {
    socket.close(1000, `no data for ${options.idleTimeoutMs / 1000} s`)
    await session.kill()
  }
  return why
}

/**
 * Undefined for what is no input. The terminal keeps its size. `@alicloud/fc2` sends what it is given, and leaves the first
 * byte to its caller: what begins with no type of a client's is taken for input as it is.
 */
export function inputOf(message: Buffer): Buffer | undefined {
  if (message[0] === STDIN) return message.subarray(1)
  if (message[0] === RESIZE && message.length > 1) return undefined
  return message
}

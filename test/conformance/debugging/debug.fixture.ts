/** What an IDE does: the Chrome DevTools Protocol over a WebSocket, and the Debug Adapter Protocol over TCP. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { json } from 'node:stream/consumers'
import { WebSocket } from 'ws'

type Json = Record<string, unknown>

export interface DebuggerClient {
  ask(method: string, params?: object): Promise<Json>
  /** The next event of this name, or the one that came since it was last asked for. */
  next(event: string): Promise<Json>
  close(): void
}

/** Attaches to a Node inspector as an IDE does: looks at /json/list, then opens the WebSocket that it names. */
export async function inspect(port: number): Promise<DebuggerClient> {
  // On a connection of its own: one that is kept alive leads to the instance that was debugged before.
  const [response] = (await once(
    get({ host: '127.0.0.1', port, path: '/json/list', agent: false }),
    'response',
  )) as [IncomingMessage]
  const [target] = (await json(response)) as { webSocketDebuggerUrl: string }[]
  assert.ok(target)
  assert.match(target.webSocketDebuggerUrl, new RegExp(`^ws://127\\.0\\.0\\.1:${port}/`))
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await once(socket, 'open')
  let id = 0
  const { answered, happened, next, waitFor } = correspondence()
  socket.on('message', (text) => {
    const message = JSON.parse(String(text)) as Json & { id?: number; method?: string }
    if (message.id !== undefined) answered(message.id, message)
    else happened(message.method!, message['params'] as Json)
  })
  return {
    async ask(method, params = {}) {
      id++
      const answer = waitFor(id)
      socket.send(JSON.stringify({ id, method, params }))
      const { result, error } = (await answer) as { result: Json; error?: unknown }
      assert.equal(error, undefined, JSON.stringify(error))
      return result
    },
    next,
    close: () => socket.close(),
  }
}

export async function adapt(port: number): Promise<DebuggerClient> {
  const socket = connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  let seq = 0
  let unread = Buffer.alloc(0)
  const { answered, happened, next, waitFor } = correspondence()
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    for (;;) {
      const headEnd = unread.indexOf('\r\n\r\n')
      const length = Number(
        /Content-Length: (\d+)/.exec(unread.subarray(0, Math.max(0, headEnd)).toString())?.[1],
      )
      if (headEnd < 0 || unread.length < headEnd + 4 + length) return
      const message = JSON.parse(unread.subarray(headEnd + 4, headEnd + 4 + length).toString())
      unread = unread.subarray(headEnd + 4 + length)
      if (message.type === 'response') answered(message.request_seq, message)
      if (message.type === 'event') happened(message.event, message.body ?? {})
    }
  })
  return {
    async ask(command, args = {}) {
      seq++
      const answer = waitFor(seq)
      const text = JSON.stringify({ seq, type: 'request', command, arguments: args })
      socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
      const { success, message, body } = (await answer) as { success: boolean; message?: string; body?: Json }
      assert.ok(success, `${command}: ${message}`)
      return body ?? {}
    },
    next,
    close: () => socket.destroy(),
  }
}

function correspondence() {
  const answers = new Map<number, (answer: Json) => void>()
  const events = new Map<string, Json[]>()
  const waiting = new Map<string, (event: Json) => void>()
  return {
    waitFor: (id: number) => new Promise<Json>((resolve) => answers.set(id, resolve)),
    answered(id: number, answer: Json) {
      answers.get(id)?.(answer)
      answers.delete(id)
    },
    happened(name: string, event: Json) {
      const wake = waiting.get(name)
      waiting.delete(name)
      if (wake) wake(event)
      else events.set(name, [...(events.get(name) ?? []), event])
    },
    next(name: string): Promise<Json> {
      const known = events.get(name)?.shift()
      return known ? Promise.resolve(known) : new Promise((resolve) => waiting.set(name, resolve))
    },
  }
}

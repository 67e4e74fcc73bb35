/**
 * `node load-generator.ts '{url, method, headers, body, connections, durationMs}'`: on each connection one request after
 * the other; prints what it saw as JSON. On bare sockets, because a client that costs more than the server measures itself.
 */
import { connect, type Socket } from 'node:net'
import { percentile } from './statistics.ts'

const { url, method, headers, body, connections, durationMs } = JSON.parse(process.argv[2]!) as {
  url: string
  method: string
  headers: Record<string, string>
  body: string
  connections: number
  durationMs: number
}
const { hostname, port, pathname, search, host } = new URL(url)
const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
const bytes = Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)

const tookMs: number[] = []
let errors = 0

const startedMs = performance.now()
const endMs = startedMs + durationMs
await Promise.all(Array.from({ length: connections }, keepBusy))
const elapsedMs = performance.now() - startedMs
console.log(
  JSON.stringify({
    requests: tookMs.length,
    perSecond: (tookMs.length * 1000) / elapsedMs,
    p50Ms: percentile(tookMs, 0.5) ?? 0,
    p99Ms: percentile(tookMs, 0.99) ?? 0,
    errors,
  }),
)

function keepBusy(): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect(Number(port), hostname)
    let sentMs = 0
    let received = ''
    const next = () => {
      sentMs = performance.now()
      if (sentMs >= endMs) return socket.destroy()
      socket.write(bytes)
    }
    socket.setNoDelay(true)
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
    socket.setEncoding('latin1')
    socket.once('connect', next)
    socket.once('error', () => errors++)
    socket.once('close', () => resolve())
    socket.on('data', (text) => {
      received += text
      if (!isComplete(received)) return
      tookMs.push(performance.now() - sentMs)
      if (!/^HTTP\/1\.1 [23]/.test(received)) errors++
      received = ''
      next()
    })
  })
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))?.[1]
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= end + 4 + Number(length)
}

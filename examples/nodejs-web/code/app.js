// Whatever listens on the port of customRuntimeConfig is a function.
const { createHash } = require('node:crypto')
const { createServer } = require('node:http')

const port = Number(process.env.FC_CUSTOM_LISTEN_PORT || 9000)

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/events') return sendEvents(url, response)
  if (url.pathname === '/invoke') return answer(request, response, (body) => `invoked with ${body}`)
  if (url.pathname === '/')
    return answer(request, response, () => '<h1>It works</h1>', 'text/html; charset=utf-8')
  answer(request, response, (body) => `${request.method} ${url.pathname} ${body}`)
})

function answer(request, response, write, contentType = 'text/plain; charset=utf-8') {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    console.log(`${request.method} ${request.url}`)
    response.writeHead(200, { 'Content-Type': contentType })
    response.end(write(Buffer.concat(chunks).toString()))
  })
}

// Server-sent events: each goes out when it happens.
function sendEvents(url, response) {
  const count = Math.min(1000, Number(url.searchParams.get('count') || 5))
  const everyMs = Math.max(10, Number(url.searchParams.get('everyMs') || 200))
  let sent = 0
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  const timer = setInterval(() => {
    sent += 1
    response.write(`id: ${sent}\ndata: ${JSON.stringify({ tick: sent })}\n\n`)
    if (sent >= count) {
      clearInterval(timer)
      response.end()
    }
  }, everyMs)
  response.on('close', () => clearInterval(timer))
}

// A WebSocket by hand (RFC 6455): short text messages come back in capitals.
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key']
  if (!key || request.url.split('?')[0] !== '/echo') return socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  let pending = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      if (pending.length < 6) return
      const opcode = pending[0] & 15
      const length = pending[1] & 127
      // A message of 126 bytes or more has a longer head, which this example does not read.
      if (length > 125) return socket.end(Buffer.from([0x88, 2, 0x03, 0xf1]))
      if (pending.length < 6 + length) return
      const mask = pending.subarray(2, 6)
      const payload = pending.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4])
      pending = pending.subarray(6 + length)
      if (opcode === 8) return socket.end(Buffer.concat([Buffer.from([0x88, payload.length]), payload]))
      if (opcode === 9) socket.write(Buffer.concat([Buffer.from([0x8a, payload.length]), payload]))
      if (opcode === 1) {
        const reply = Buffer.from(Buffer.from(payload).toString().toUpperCase())
        if (reply.length <= 125) socket.write(Buffer.concat([Buffer.from([0x81, reply.length]), reply]))
      }
    }
  })
})

// The platform keeps connections for long; the server must not close one that is about to be used.
server.keepAliveTimeout = 0
server.requestTimeout = 0
server.listen(port, '0.0.0.0', () => console.log(`listening on ${port}`))

'use strict'
/**
 * The HTTP handler of FC 2.0, `(req, resp, context)`: a request that is a stream and has the vendor's fields, and a
 * response that is sent at once (../protocol.md).
 */
const querystring = require('querystring')
const { Readable } = require('stream')
const { PAYLOAD_MAX } = require('./channel.js')
const { UNHANDLED } = require('./frames.js')

/** `settle(errorKind, value)`, once: with the bytes of the reply, or with what was thrown. Until something is sent, it waits. */
function callHttp(handler, http, body, context, settle) {
  let isSettled = false
  const once = (kind, value) => {
    if (isSettled) return
    isSettled = true
    settle(kind, value)
  }
  try {
    const returned = handler(makeRequest(http, body), makeResponse(once), context)
    if (returned !== null && typeof returned === 'object' && typeof returned.then === 'function')
      returned.then(undefined, (error) => once(UNHANDLED, error))
  } catch (error) {
    once(UNHANDLED, error)
  }
}

function makeRequest(http, body) {
  const request = new Readable({
    read() {
      if (body.length > 0) this.push(body)
      this.push(null)
    },
  })
  const headers = headersOf(http.headers)
  return Object.assign(request, {
    method: http.method,
    path: http.path,
    url: http.url,
    // With the prototype of objects, which functions call methods of.
    queries: Object.fromEntries(Object.entries(querystring.parse(http.query, '&', '=', { maxKeys: 0 }))),
    headers,
    clientIP: http.clientIp,
    body,
    getHeader: (name) => headers[String(name).toLowerCase()],
  })
}

/** Names in lower case, values of repeated ones joined. */
function headersOf(list) {
  const headers = new Map()
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index].toLowerCase()
    const before = headers.get(name)
    headers.set(name, before === undefined ? list[index + 1] : `${before}, ${list[index + 1]}`)
  }
  return Object.fromEntries(headers)
}

function makeResponse(settle) {
  const headers = new Map()
  let status = 200
  let isSent = false
  const response = {
    get statusCode() {
      return status
    },
    setStatusCode(code) {
      status = code
    },
    setHeader(name, value) {
      headers.set(String(name).toLowerCase(), [String(name), value])
    },
    getHeader: (name) => headers.get(String(name).toLowerCase())?.[1],
    hasHeader: (name) => headers.has(String(name).toLowerCase()),
    deleteHeader(name) {
      headers.delete(String(name).toLowerCase())
    },
    send(body) {
      if (isSent) return
      isSent = true
      // A body that is a stream is read first: the answer is one frame.
      if (body !== null && typeof body === 'object' && typeof body.pipe === 'function') {
        collect(body, (error, bytes) => (error ? settle(UNHANDLED, error) : finish(bytes)))
      } else finish(bytesOf(body))
    },
  }
  return response

  function finish(bytes) {
    const list = []
    for (const [name, value] of headers.values())
      for (const one of Array.isArray(value) ? value : [value]) list.push(name, String(one))
    const head = Buffer.from(JSON.stringify({ status, headers: list }))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(head.length, 0)
    settle(0, Buffer.concat([length, head, bytes]))
  }
}

function bytesOf(body) {
  if (body === undefined || body === null) return Buffer.alloc(0)
  if (body instanceof Uint8Array) return Buffer.from(body)
  if (typeof body === 'string') return Buffer.from(body)
  throw new TypeError(`a response is sent as a string, a Buffer or a stream, not as ${typeof body}`)
}

function collect(stream, done) {
  const chunks = []
  let size = 0
  stream.on('data', (chunk) => {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    chunks.push(bytes)
    if (size <= PAYLOAD_MAX) return
    chunks.length = 0
    stream.destroy(new RangeError(`the response has more than ${PAYLOAD_MAX} bytes`))
  })
  stream.once('error', done)
  stream.once('end', () => done(undefined, Buffer.concat(chunks)))
}

module.exports = { callHttp }

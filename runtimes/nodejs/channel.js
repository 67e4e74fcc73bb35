'use strict'
/**
 * File descriptor 3, the frame channel to the platform (../protocol.md). Reading goes through the event loop. Writing is
 * synchronous: a frame that was written is with the kernel whatever the function does next (`process.exit`, a crash, a
 * busy loop), and a function that prints without end is held back instead of filling the memory.
 */
const fs = require('fs')
const net = require('net')
const { RESULT, TOOK } = require('./frames.js')

// Taken before the function can replace them.
const writeSync = fs.writeSync
const exit = process.exit

const FD = 3
const HEADER_BYTES = 9
const LENGTH_MAX = 64 * 1024 * 1024
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

let socket

/** Calls `onFrame(type, id, payload)` for every frame; a channel that ends or breaks ends the process. */
function open(onFrame) {
  socket = new net.Socket({ fd: FD, readable: true, writable: true })
  socket.on('data', decoder(onFrame))
  socket.on('end', () => exit(0))
  socket.on('error', () => exit(1))
  socket.on('close', () => exit(0))
  return socket
}

function decoder(onFrame) {
  let header
  let frame
  let filled = 0

  return (chunk) => {
    let at = 0
    if (header !== undefined) {
      // A header that was cut: rare, so the bytes are simply put together.
      chunk = Buffer.concat([header, chunk])
      header = undefined
    }
    while (at < chunk.length) {
      if (frame !== undefined) {
        const taken = Math.min(frame.length - filled, chunk.length - at)
        chunk.copy(frame, filled, at, at + taken)
        filled += taken
        at += taken
        if (filled < frame.length) return
        const whole = frame
        frame = undefined
        onFrame(whole[0], whole.readUInt32BE(1), whole.subarray(5))
        continue
      }
      if (chunk.length - at < HEADER_BYTES) {
        header = chunk.subarray(at)
        return
      }
      const length = chunk.readUInt32BE(at)
      if (length < 5 || length > LENGTH_MAX) exit(1)
      const end = at + 4 + length
      if (end <= chunk.length) {
        onFrame(chunk[at + 4], chunk.readUInt32BE(at + 5), chunk.subarray(at + HEADER_BYTES, end))
        at = end
      } else {
        frame = Buffer.allocUnsafeSlow(length)
        filled = 0
        at += 4
      }
    }
  }
}

function writeHeader(type, id, payloadBytes, at = 0) {
  scratch.writeUInt32BE(payloadBytes + 5, at)
  scratch[at + 4] = type
  scratch.writeUInt32BE(id, at + 5)
}

function send(type, id, payload) {
  writeHeader(type, id, payload.length)
  if (HEADER_BYTES + payload.length <= scratch.length) {
    scratch.set(payload, HEADER_BYTES)
    writeAll(scratch, HEADER_BYTES + payload.length)
  } else {
    writeAll(scratch, HEADER_BYTES)
    writeAll(payload, payload.length)
  }
}

/** RESULT, after TOOK, in one write where it fits. */
function sendResult(id, tookMs, payload) {
  writeHeader(TOOK, id, 4)
  scratch.writeUInt32BE(Math.min(Math.round(tookMs * 1000), 0xffffffff), HEADER_BYTES)
  const at = HEADER_BYTES + 4
  const end = at + HEADER_BYTES + payload.length
  if (end > scratch.length) {
    writeAll(scratch, at)
    send(RESULT, id, payload)
    return
  }
  writeHeader(RESULT, id, payload.length, at)
  scratch.set(payload, at + HEADER_BYTES)
  writeAll(scratch, end)
}

function sendText(type, id, text) {
  // A UTF-16 unit takes three bytes at most.
  if (HEADER_BYTES + text.length * 3 <= scratch.length) {
    const bytes = scratch.write(text, HEADER_BYTES)
    writeHeader(type, id, bytes)
    writeAll(scratch, HEADER_BYTES + bytes)
  } else {
    send(type, id, Buffer.from(text))
  }
}

function writeAll(buffer, end) {
  let at = 0
  while (at < end) {
    try {
      at += writeSync(FD, buffer, at, end - at)
    } catch (error) {
      if (error.code === 'EINTR') continue
      if (error.code !== 'EAGAIN') exit(1)
      at = writeBlocking(buffer, at, end)
    }
  }
}

/** The platform is slower than the function: wait in the kernel until it has read. */
function writeBlocking(buffer, at, end) {
  if (!socket._handle) exit(1)
  socket._handle.setBlocking(true)
  try {
    return at + writeSync(FD, buffer, at, end - at)
  } catch (error) {
    if (error.code === 'EAGAIN' || error.code === 'EINTR') return at
    exit(1)
  } finally {
    if (socket._handle) socket._handle.setBlocking(false)
  }
}

module.exports = { open, send, sendResult, sendText, PAYLOAD_MAX: LENGTH_MAX - 5 }

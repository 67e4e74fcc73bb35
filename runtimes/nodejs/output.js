'use strict'
/** What the function prints: LOG frames of the invocation that runs, in the vendor's line format. */
const { Writable } = require('stream')
const { format } = require('util')
const { sendText, send } = require('./channel.js')
const { LOG } = require('./frames.js')

/** The platform cuts a line at 32 K characters and says so; what is far beyond that need not travel. */
const LINE_CHARACTERS_MAX = 33 * 1024
const PIECE_BYTES_MAX = 256 * 1024

const levels = { error: 0, warn: 1, info: 2, verbose: 3, debug: 4 }
const NEWLINE = 10
const newline = Buffer.from('\n')

/** Id of the invocation that runs, 0 outside; its request id stays after its end, as with the vendor. */
const current = { id: 0, requestId: '' }

let shown = levels.debug

function log(level, message) {
  if (levels[level] <= shown) sendText(LOG, current.id, formatLine(level, message))
}

function formatLine(level, message) {
  let text = message
  if (text.length > LINE_CHARACTERS_MAX) text = text.slice(0, LINE_CHARACTERS_MAX)
  if (text.includes('\n')) text = text.replace(/\r?\n/g, '\r')
  return `${new Date().toISOString()} ${current.requestId} [${level}] ${text}\n`
}

/** A line of the platform's own, without time and level. */
function plainLine(text) {
  sendText(LOG, current.id, `${text}\n`)
}

const logger = {
  debug: (...values) => log('debug', format(...values)),
  info: (...values) => log('info', format(...values)),
  warn: (...values) => log('warn', format(...values)),
  error: (...values) => log('error', format(...values)),
  log: (...values) => log('verbose', format(...values)),
  setLogLevel(level) {
    if (levels[level] === undefined) log('warn', `setLogLevel: unknown level '${level}'`)
    else shown = levels[level]
  },
}

/** `process.stdout` and `process.stderr`: whole lines pass through as they are. */
class LineStream extends Writable {
  constructor(fd) {
    super({ decodeStrings: true })
    this.fd = fd
    this._type = 'pipe'
    this._unfinished = []
    this._unfinishedBytes = 0
  }

  _write(chunk, _encoding, done) {
    let at = 0
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end > 0 && this._unfinishedBytes > 0) {
      at = chunk.indexOf(NEWLINE) + 1
      this._keep(chunk.subarray(0, at - 1))
      this.finishLine()
    }
    sendLines(chunk, at, end)
    if (end < chunk.length) this._keep(chunk.subarray(Math.max(at, end)))
    done()
  }

  /** A copy, which lets go of the function's buffer; what is too long for a line is lost, as with the vendor. */
  _keep(piece) {
    const room = LINE_CHARACTERS_MAX - this._unfinishedBytes
    if (room <= 0 || piece.length === 0) return
    const kept = Buffer.from(piece.subarray(0, room))
    this._unfinished.push(kept)
    this._unfinishedBytes += kept.length
  }

  /** Ends a line that has no end yet. */
  finishLine() {
    if (this._unfinishedBytes === 0) return
    const line = Buffer.concat([...this._unfinished, newline])
    this._unfinished = []
    this._unfinishedBytes = 0
    send(LOG, current.id, line)
  }

  // The output of a process has no end before the process, and cannot be taken away from the others who write to it.
  end(chunk, encoding, done) {
    const callback = [chunk, encoding, done].find((value) => typeof value === 'function')
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') {
      this.write(chunk, typeof encoding === 'string' ? encoding : undefined)
    }
    if (callback !== undefined) process.nextTick(callback)
    return this
  }

  destroy() {
    return this
  }
}

/** Sends whole lines in pieces that a frame can hold; a line that is too long loses its end. */
function sendLines(chunk, from, end) {
  let at = from
  while (at < end) {
    if (end - at <= PIECE_BYTES_MAX) {
      send(LOG, current.id, at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end))
      return
    }
    const last = chunk.lastIndexOf(NEWLINE, at + PIECE_BYTES_MAX - 1)
    if (last >= at) {
      send(LOG, current.id, chunk.subarray(at, last + 1))
      at = last + 1
    } else {
      send(LOG, current.id, Buffer.concat([chunk.subarray(at, at + LINE_CHARACTERS_MAX), newline]))
      at = chunk.indexOf(NEWLINE, at) + 1
    }
  }
}

const stdout = new LineStream(1)
const stderr = new LineStream(2)

function finishLines() {
  stdout.finishLine()
  stderr.finishLine()
}

function install() {
  for (const [name, stream] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ]) {
    Object.defineProperty(process, name, {
      value: stream,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  }
  // The object stays the one that Node made: its other methods (dir, table, trace, …) end in these or in the streams.
  Object.assign(console, logger)
  process.on('exit', finishLines)
}

module.exports = { current, install, log, logger, formatLine, plainLine, finishLines }

'use strict'
/**
 * The Node.js runtime: starts without code, says READY, and then does what the frames on file descriptor 3 say
 * (../protocol.md). Runs on Node.js 16 to 24, so it is plain CommonJS without dependencies.
 */
const Module = require('module')
const path = require('path')
const { format } = require('util')
const { call } = require('./call.js')
const channel = require('./channel.js')
const { makeContext, showCredentials } = require('./context.js')
const { errorJson } = require('./errors.js')
const frames = require('./frames.js')
const { callHttp } = require('./http-handler.js')
const { extendModulePaths, makeLoader } = require('./loader.js')
const { warmPack } = require('./module-pack.js')
const output = require('./output.js')
const { resultBytes } = require('./result.js')

// Taken before the function can replace them.
const exit = process.exit
const { performance } = require('perf_hooks')
const now = performance.now.bind(performance)
const QUEUE_MAX = 64
const nothing = Buffer.alloc(0)
const warmSettings = {
  isWarm: true,
  codeDir: __dirname,
  optDir: '/opt',
  handler: 'warm.handler',
  functionName: 'warm',
  memoryMb: 128,
  timeoutS: 3,
}

let settings
let load
/** The invocation that runs: `{ type, id, startedMs, answer }`, where `answer` is set once it has settled. */
let running
const waiting = []
let socket

/** So many calls that wait are worked off before the event loop gets a turn: what the function left to it goes on, too. */
const STRAIGHT_MAX = 8
let straight = 0

function onFrame(type, id, payload) {
  if (type === frames.TAKE_BACK) {
    takeBack(id)
    return
  }
  waiting.push({ type, id, payload })
  if (waiting.length >= QUEUE_MAX) socket.pause()
  if (running === undefined) next()
}

/** The platform would rather have another instance do it; a call that has begun stays, and is answered as usual. */
function takeBack(id) {
  const index = waiting.findIndex((frame) => frame.id === id && frame.type === frames.INVOKE)
  if (index < 0) return
  waiting.splice(index, 1)
  channel.send(frames.RETURNED, id, nothing)
}

function next() {
  while (running === undefined && waiting.length > 0) {
    const { type, id, payload } = waiting.shift()
    if (waiting.length === 0 && socket.isPaused()) socket.resume()
    if (type === frames.BIND) bind(JSON.parse(payload.toString()))
    else if (type === frames.WARM && settings === undefined) warm(id, payload)
    else if (type >= frames.INVOKE && type <= frames.PRE_STOP && settings !== undefined)
      start(type, id, payload)
    else exit(1)
  }
}

function bind(bound) {
  settings = bound
  Object.assign(process.env, settings.env)
  extendModulePaths(settings)
  if (settings.compileCacheDir && Module.enableCompileCache)
    Module.enableCompileCache(settings.compileCacheDir)
  try {
    process.chdir(settings.codeDir)
  } catch (error) {
    output.log('error', `the code folder cannot be entered: ${error.message}`)
  }
  process.argv.splice(1)
  if (settings.debug) listenForDebugger(settings.debug)
  load = makeLoader(settings)
}

function listenForDebugger({ host, port }) {
  try {
    require('inspector').open(port, host)
  } catch (error) {
    output.log('error', `the inspector cannot listen: ${error.message}`)
  }
}

/** Runs the built-in handlers on the path that a function takes, so that it is compiled when the first one comes. */
function warm(id, payload) {
  const warmLoad = makeLoader(warmSettings)
  // Formatted like what a function prints and fails with, but not sent.
  output.formatLine('verbose', format('%s %o', 'warm\n', { id }))
  errorJson(new Error('warm'), '')
  // As BIND does, which sets these anew.
  extendModulePaths(warmSettings)
  delete process.env.NODE_PATH
  warmPack()
  process.chdir(process.cwd())
  run(
    { type: frames.WARM, id, startedMs: now() },
    payload,
    warmSettings,
    warmLoad,
    id % 2 === 0 ? 'warm.withCallback' : 'warm.handler',
  )
}

function start(type, id, payload) {
  const name =
    type === frames.INVOKE
      ? settings.handler
      : type === frames.INITIALIZE
        ? settings.initializer
        : settings.preStop
  run({ type, id, startedMs: now() }, payload, settings, load, name)
}

function run(invocation, payload, of, loadHandler, name) {
  const headEnd = 2 + payload.readUInt16BE(0)
  const head = JSON.parse(payload.toString('utf8', 2, headEnd))
  running = invocation
  output.current.id = invocation.id
  output.current.requestId = head.requestId
  showCredentials(of, head.credentials)

  const begin = (loaded) => {
    if (running !== invocation) return
    if (loaded.error) {
      settle(invocation, frames.UNHANDLED, loaded.error)
      return
    }
    const context = makeContext(of, head)
    if (head.http) {
      const body = payload.subarray(headEnd)
      callHttp(loaded.handler, head.http, body, context, (kind, value) => settle(invocation, kind, value))
      return
    }
    const hasEvent = invocation.type === frames.INVOKE || invocation.type === frames.WARM
    const values = hasEvent ? [payload.subarray(headEnd), context] : [context]
    call(loaded.handler, values, (kind, value) => settle(invocation, kind, value))
  }
  const loaded = loadHandler(name)
  if (loaded instanceof Promise) loaded.then(begin)
  else begin(loaded)
}

/** The answer leaves after what runs now, so that what is printed next to `callback(…)` still belongs to it. */
function settle(invocation, kind, value) {
  invocation.answer = { kind, value }
  process.nextTick(answer, invocation)
}

function answer(invocation) {
  if (running !== invocation) return
  const { kind, value } = invocation.answer
  output.finishLines()
  if (kind === 0) {
    let bytes = nothing
    if (invocation.type === frames.INVOKE || invocation.type === frames.WARM) {
      try {
        bytes = resultBytes(value)
        if (bytes.length > channel.PAYLOAD_MAX) throw new RangeError(`the result has ${bytes.length} bytes`)
      } catch (error) {
        return sendError(invocation, frames.UNHANDLED, error)
      }
    }
    channel.sendResult(invocation.id, now() - invocation.startedMs, bytes)
    done()
  } else {
    sendError(invocation, kind, value)
  }
}

function sendError(invocation, kind, value) {
  const json = errorJson(value, kind === frames.HANDLED ? 'FunctionHandledError' : 'FunctionUnhandledError')
  output.log('error', json)
  channel.send(frames.ERROR, invocation.id, Buffer.concat([Buffer.from([kind]), Buffer.from(json)]))
  done()
}

function done() {
  if (running.type === frames.WARM) hideOwnFiles()
  running = undefined
  output.current.id = 0
  if (waiting.length === 0) straight = 0
  // Not from within: a long queue must not become a deep stack.
  else if (++straight % STRAIGHT_MAX === 0) setImmediate(next)
  else process.nextTick(next)
}

function onUncaught(error) {
  // A function that handles these itself goes on, as it would anywhere.
  if (process.listenerCount('uncaughtException') > 1) return
  output.finishLines()
  if (running?.answer !== undefined) answer(running)
  if (running !== undefined) sendError(running, frames.FATAL, error)
  else output.log('error', errorJson(error, 'FunctionUnhandledError'))
  exit(1)
}

function preload() {
  for (const name of [
    'http',
    'https',
    'zlib',
    'crypto',
    'dns',
    'child_process',
    'fs/promises',
    'os',
    'tty',
    'url',
    'querystring',
    'string_decoder',
  ]) {
    require(name)
  }
  // Made when it is asked for, which nearly every framework does.
  void require('fs').ReadStream
  // The loader of ES modules starts with the first use.
  return import('data:text/javascript,')
}

/** The function sees neither this program nor its modules. */
function hideOwnFiles() {
  for (const file of Object.keys(require.cache))
    if (path.dirname(file) === __dirname) delete require.cache[file]
}

async function main() {
  const preloads = process.env.HANSHU_PRELOAD === '1'
  for (const name of Object.keys(process.env)) if (name.startsWith('HANSHU_')) delete process.env[name]
  output.install()
  process.on('uncaughtException', onUncaught)
  if (preloads) await preload()
  process.mainModule = undefined
  hideOwnFiles()
  socket = channel.open(onFrame)
  channel.send(frames.READY, 0, Buffer.from([frames.TAKES_BACK]))
}

main()

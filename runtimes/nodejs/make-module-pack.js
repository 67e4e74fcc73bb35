'use strict'
/**
 * make-module-pack.js: reads `{"codeDir": …, "modules": […]}` as one line of JSON from file descriptor 3, follows literal requires from these
 * modules, and answers there with one line, `{"bytes": …, "modules": …}` or `{"error": …}`, and then the bytes of a module
 * pack (module-pack.js). Runs no code of the function, only reads and compiles it; as that is hostile input all the
 * same, this runs in a sandbox, and by the Node.js that is going to use the pack.
 */
const fs = require('fs')
const Module = require('module')
const net = require('net')
const path = require('path')
const vm = require('vm')
const { HEAD_BYTES, INDEX_BYTES_MAX, MAGIC, compile, madeBy } = require('./module-pack.js')

/** What is beyond these is left out, and is loaded as ever. */
const MODULES_MAX = 5000
const FILE_BYTES_MAX = 4 * 1024 * 1024
const DATA_BYTES_MAX = 24 * 1024 * 1024

const parameters = ['exports', 'require', 'module', '__filename', '__dirname']
/** Finds too much (in comments, say), which does no harm: a module that nobody asks for is not loaded. */
const literalRequest = /\b(?:require|import|from)\s*\(?\s*(?:'([^'\\\n]+)'|"([^"\\\n]+)")/g
/** A script from the cache may not know how to import; Node.js compiles these itself. */
const dynamicImport = /\bimport\s*(?:\(|\/)/
/** `@type {import('x')}`: JavaScript has no such thing outside of comments and strings. */
const typeComment = /@\w+\s*\{[^}\n$]*/g
const unusualStart = /^(?:#!|\ufeff)/
/** Code that hooks into the loading of modules would be passed by. */
const loaderHook = /\bregisterHooks\b|\bmodule\.register\b/
const nothing = Buffer.alloc(0)

function makePack(codeDir, startFiles) {
  const modules = []
  const chunks = []
  const requests = {}
  /** Every file that was looked at, and its place in `modules` if it has one. */
  const seen = new Map()
  const waiting = []
  let dataBytes = 0

  function add(file) {
    if (seen.has(file) || seen.size >= MODULES_MAX) return seen.get(file)
    seen.set(file, undefined)
    const text = readText(file)
    if (text === undefined) return undefined
    if (loaderHook.test(text)) throw new Error(`${file} hooks into the loading of modules`)
    const isJson = file.endsWith('.json')
    if (!isJson) waiting.push({ file, text })
    const { source, cache } = (isJson ? packJson(text) : packScript(text, file)) ?? {}
    if (source === undefined || dataBytes + source.length + cache.length > DATA_BYTES_MAX) return undefined
    const ascii = source.every((byte) => byte < 128)
    modules.push({ file, at: dataBytes, sourceBytes: source.length, cacheBytes: cache.length, ascii })
    chunks.push(source, cache)
    dataBytes += source.length + cache.length
    seen.set(file, modules.length - 1)
    return modules.length - 1
  }

  function follow({ file, text }) {
    const parent = new Module(file)
    parent.filename = file
    parent.paths = Module._nodeModulePaths(path.dirname(file))
    for (const [, single, double] of text.matchAll(literalRequest)) {
      const request = single ?? double
      const found = resolve(request, parent)
      const index = found === undefined ? undefined : add(found)
      if (index === undefined) continue
      requests[parent.path] ??= { __proto__: null }
      requests[parent.path][request] = index
    }
  }

  /** Only what lies in the code itself, which comes before every other place: nothing outside of it can change the answer. */
  function resolve(request, parent) {
    try {
      const found = Module._resolveFilename(request, parent, false)
      return found.startsWith(codeDir + path.sep) && /\.(?:[cm]?js|json)$/.test(found) ? found : undefined
    } catch {
      // Not there, or not for `require`: whoever asks for it when it runs is told by Node.js.
      return undefined
    }
  }

  for (const file of startFiles) add(file)
  while (waiting.length > 0) follow(waiting.shift())

  const index = Buffer.from(JSON.stringify({ madeBy: madeBy(), codeDir, dataBytes, modules, requests }))
  if (index.length > INDEX_BYTES_MAX) throw new Error('there are too many modules')
  const head = Buffer.alloc(HEAD_BYTES)
  head.write(MAGIC, 'latin1')
  head.writeUInt32BE(index.length, MAGIC.length)
  return { modules: modules.length, bytes: Buffer.concat([head, index, ...chunks]) }
}

/** Undefined when it cannot be read or is too large. */
function readText(file) {
  try {
    return fs.statSync(file).size <= FILE_BYTES_MAX ? fs.readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined
  }
}

function packJson(text) {
  try {
    JSON.parse(text)
    return { source: Buffer.from(text), cache: nothing }
  } catch {
    return undefined
  }
}

function packScript(text, filename) {
  if (unusualStart.test(text) || isEsModule(filename)) return undefined
  try {
    // A text that only makes sense together with the wrapper's is no module.
    vm.compileFunction(text, parameters, { filename })
    if (dynamicImport.test(text.replace(typeComment, '')))
      return { source: Buffer.from(text), cache: nothing }
    const wrapped = Module.wrap(text)
    // Functions stay uncompiled until they run, as ever: V8 compiles them all on demand, but then forgets the names that
    // it gives to those without one, and stack traces would not be the same.
    return { source: Buffer.from(wrapped), cache: compile(wrapped, filename).createCachedData() }
  } catch {
    // An ES module that does not say so, or an error that its user shall see.
    return undefined
  }
}

const isEsModule = (file) =>
  file.endsWith('.mjs') || (file.endsWith('.js') && typeOf(path.dirname(file)) === 'module')

const types = new Map()
/** By Node's own rule: what the nearest package.json says. */
function typeOf(folder) {
  if (!types.has(folder)) types.set(folder, findType(folder))
  return types.get(folder)
}

function findType(folder) {
  if (path.basename(folder) === 'node_modules' || folder === path.dirname(folder)) return undefined
  const description = readText(path.join(folder, 'package.json'))
  if (description === undefined) return typeOf(path.dirname(folder))
  try {
    return JSON.parse(description).type
  } catch {
    // Node.js complains about it when it loads a module from here: which must not come from a pack, then.
    return 'module'
  }
}

function startFilesOf({ codeDir, modules }) {
  return modules
    .flatMap((name) => ['.js', '.mjs', '.cjs'].map((extension) => path.join(codeDir, name + extension)))
    .filter((file) => file.startsWith(codeDir + path.sep) && fs.existsSync(file))
    .map((file) => fs.realpathSync(file))
    .filter((file) => file.startsWith(codeDir + path.sep))
}

function answer(request) {
  try {
    const { modules, bytes } = makePack(request.codeDir, startFilesOf(request))
    return [`${JSON.stringify({ modules, bytes: bytes.length })}\n`, bytes]
  } catch (error) {
    return [`${JSON.stringify({ error: String(error?.message ?? error).slice(0, 500) })}\n`, nothing]
  }
}

const channel = new net.Socket({ fd: 3 })
let asked = ''
channel.setEncoding('utf8')
channel.on('data', (text) => {
  asked += text
  if (!asked.includes('\n')) return
  channel.removeAllListeners('data')
  const [line, bytes] = answer(JSON.parse(asked))
  channel.write(line)
  channel.write(bytes, () => process.exit(0))
})

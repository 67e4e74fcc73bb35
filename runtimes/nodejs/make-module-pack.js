'use strict'
/**
 * make-module-pack.js: reads `{ codeDir, modules }` as one line of JSON from file descriptor 3, follows literal requires from these
 * files, and writes a module pack (module-pack.js) to it. Runs no code of the function, only reads and compiles
 * it; that is still hostile input, so this runs in a sandbox, by the Node.js that will use the pack.
 */
const fs = require('fs')
const Module = require('module')
const path = require('path')
const v8 = require('v8')
const vm = require('vm')
const { HEAD_BYTES, INDEX_BYTES_MAX, MAGIC, compile, madeBy } = require('./module-pack.js')

/** What is beyond these is left out and is loaded as ever. */
const MODULES_MAX = 5000
const FILE_BYTES_MAX = 4 * 1024 * 1024
const DATA_BYTES_MAX = 32 * 1024 * 1024

const parameters = ['exports', 'require', 'module', '__filename', '__dirname']
/** Finds too much (in comments, say), which does no harm: a module that nobody asks for is not loaded. */
const literalRequest = /\b(?:require|import|from)\s*\(?\s*(?:'([^'\\\n]+)'|"([^"\\\n]+)")/g
/** A script from the cache may not know how to import; Node.js compiles these itself. */
const dynamicImport = /\bimport\s*(?:\(|\/)/
const unusualStart = /^(?:#!|\ufeff)/
/** Code that hooks into the loading of modules would be passed by. */
const loaderHook = /\bregisterHooks\b|\bmodule\.register\b/

function makePack(codeDir, startFiles) {
  const modules = []
  const chunks = []
  const requests = new Map()
  const indexOf = new Map()
  let dataBytes = 0

  function add(file) {
    const known = indexOf.get(file)
    if (known !== undefined || indexOf.size >= MODULES_MAX) return known
    // Also for what cannot be packed: it is looked at once, and its own requests are followed.
    indexOf.set(file, undefined)
    const text = readText(file)
    if (text === undefined) return undefined
    if (loaderHook.test(text)) throw new Error(`${path.relative(codeDir, file)} hooks into the loading of modules`)
    const packed = file.endsWith('.json') ? packJson(text) : packScript(text, file)
    if (packed === undefined || dataBytes + packed.source.length + packed.cache.length > DATA_BYTES_MAX) {
      return followed(file, text)
    }
    const { source, cache } = packed
    modules.push({
      file: path.relative(codeDir, file),
      at: dataBytes,
      sourceBytes: source.length,
      cacheBytes: cache.length,
      ascii: source.every((byte) => byte < 128),
    })
    chunks.push(source, cache)
    dataBytes += source.length + cache.length
    indexOf.set(file, modules.length - 1)
    return followed(file, text)
  }

  const waiting = []
  function followed(file, text) {
    if (!file.endsWith('.json')) waiting.push({ file, text })
    return indexOf.get(file)
  }

  function follow({ file, text }) {
    const parent = new Module(file)
    parent.filename = file
    parent.paths = Module._nodeModulePaths(path.dirname(file))
    const folder = path.relative(codeDir, path.dirname(file))
    for (const [, single, double] of text.matchAll(literalRequest)) {
      const request = single ?? double
      const found = resolve(request, parent)
      if (found === undefined) continue
      const index = add(found)
      if (index === undefined) continue
      if (!requests.has(folder)) requests.set(folder, new Map())
      requests.get(folder).set(request, index)
    }
  }

  /** Only what lies in the code itself, which comes before every other place: nothing outside of it can change the answer. */
  function resolve(request, parent) {
    try {
      const found = Module._resolveFilename(request, parent, false)
      return found.startsWith(codeDir + path.sep) && /\.(?:[cm]?js|json)$/.test(found) ? found : undefined
    } catch {
      // Not there, or not for `require`: whoever asks for it at run time is told by Node.js.
      return undefined
    }
  }

  for (const file of startFiles) add(file)
  while (waiting.length > 0) follow(waiting.shift())

  const index = Buffer.from(
    JSON.stringify({
      madeBy: madeBy(),
      codeDir,
      dataBytes,
      modules,
      requests: [...requests].map(([folder, found]) => [folder, [...found]]),
    }),
  )
  if (index.length > INDEX_BYTES_MAX) throw new Error('there are too many modules')
  const head = Buffer.alloc(HEAD_BYTES)
  head.write(MAGIC, 'latin1')
  head.writeUInt32BE(index.length, 8)
  return { modules: modules.length, bytes: Buffer.concat([head, index, ...chunks]) }
}

function readText(file) {
  try {
    const { size } = fs.statSync(file)
    return size <= FILE_BYTES_MAX ? fs.readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined
  }
}

function packJson(text) {
  try {
    JSON.parse(text)
    return { source: Buffer.from(text), cache: Buffer.alloc(0) }
  } catch {
    return undefined
  }
}

function packScript(text, filename) {
  if (unusualStart.test(text) || isEsModule(filename)) return undefined
  try {
    // A body that only makes sense inside of a wrapper's text is none.
    vm.compileFunction(text, parameters, { filename })
    if (dynamicImport.test(text)) return { source: Buffer.from(text), cache: Buffer.alloc(0) }
    const wrapped = Module.wrap(text)
    if (global.EAGER) v8.setFlagsFromString('--no-lazy')
    const sc = compile(wrapped, filename)
    if (global.EAGER) v8.setFlagsFromString('--lazy')
    const cache = sc.createCachedData()
    return { source: Buffer.from(wrapped), cache }
  } catch {
    // An ES module without saying so, or an error that its user shall see.
    return undefined
  }
}

const types = new Map()
function isEsModule(file) {
  return file.endsWith('.mjs') || (file.endsWith('.js') && typeOf(path.dirname(file)) === 'module')
}

function typeOf(folder) {
  if (types.has(folder)) return types.get(folder)
  let type
  if (path.basename(folder) !== 'node_modules') {
    const description = readText(path.join(folder, 'package.json'))
    if (description !== undefined) {
      try {
        type = JSON.parse(description).type ?? 'none'
      } catch {
        // Node.js complains about it when it loads the module, which is then not from a pack.
        type = 'module'
      }
    } else if (folder !== path.dirname(folder)) {
      type = typeOf(path.dirname(folder))
    }
  }
  types.set(folder, type)
  return type
}

function startFilesOf({ codeDir, modules }) {
  return modules
    .flatMap((name) => ['.js', '.mjs', '.cjs'].map((extension) => path.join(codeDir, name + extension)))
    .filter((file) => file.startsWith(codeDir + path.sep) && fs.existsSync(file))
}

if (process.argv[2] === '--direct') {
  const [codeDir, out, eager] = process.argv.slice(3)
  global.EAGER = eager === 'eager'
  vm.runInThisContext('0')
  const t = Date.now()
  const orig = compile
  const p = makePack(codeDir, startFilesOf({ codeDir, modules: ['index'] }))
  v8.setFlagsFromString('--lazy')
  fs.writeFileSync(out, p.bytes)
  console.log(p.modules, p.bytes.length, Date.now() - t, 'ms')
}

'use strict'
/**
 * A module pack: the CommonJS modules that the code of a function reaches by literal requires, with V8's code cache of
 * each, in one file (../protocol.md). It saves Node.js the search for files and the compiler's work, and nothing else:
 * every module keeps its name, its identity and its place in `require.cache`, and whatever is not in the pack, or is
 * asked for in an unusual way, goes the way it always goes.
 */
const fs = require('fs')
const Module = require('module')
const path = require('path')
const vm = require('vm')

const MAGIC = 'HSPACK01'
/** Magic, u32 length of the index, u32 zero. */
const HEAD_BYTES = 16
/** The index of some thousand modules has a few hundred kilobytes. */
const INDEX_BYTES_MAX = 8 * 1024 * 1024

/** The first line is moved by the length of the wrapper, so that columns count from the file's own beginning. */
const columnOffset = -Module.wrapper[0].length
/** Code that hides an `import()` from us (in an `eval`, say) finds its loader all the same, where there is this constant. */
const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER

/** Variables that make Node.js find or compile modules in another way than when the pack was made. */
const switches = ['NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_PRESERVE_SYMLINKS']

const usual = {
  compile: Module.prototype._compile,
  wrap: Module.wrap,
  wrapperStart: Module.wrapper[0],
  findPath: Module._findPath,
  lookupPaths: Module._resolveLookupPaths,
  nodeModulePaths: Module._nodeModulePaths,
  js: Module._extensions['.js'],
  json: Module._extensions['.json'],
  resolve: Module._resolveFilename,
}

const searchIsUsual = () =>
  Module._findPath === usual.findPath &&
  Module._resolveLookupPaths === usual.lookupPaths &&
  Module._nodeModulePaths === usual.nodeModulePaths

/** Transpilers put a `_compile` of their own on a module, or change the wrapper, and get what they asked for. */
const compileIsUsual = (module) =>
  module._compile === usual.compile && Module.wrap === usual.wrap && Module.wrapper[0] === usual.wrapperStart

function compile(wrapped, filename, cachedData) {
  return new vm.Script(wrapped, { filename, columnOffset, cachedData, importModuleDynamically })
}

const madeBy = () => `${process.version} ${process.arch}`

/** The index, and where the data begins. Throws when this is no pack, or not one for this program and this folder. */
function readIndex(fd, codeDir) {
  const sizeBytes = fs.fstatSync(fd).size
  const head = readExactly(fd, 0, HEAD_BYTES)
  if (head.latin1Slice(0, MAGIC.length) !== MAGIC) throw new Error('it does not begin as one')
  const indexBytes = head.readUInt32BE(MAGIC.length)
  if (indexBytes > INDEX_BYTES_MAX) throw new Error('its index is too large')
  const index = JSON.parse(readExactly(fd, HEAD_BYTES, indexBytes).utf8Slice())
  if (index.madeBy !== madeBy()) throw new Error(`it was made by Node.js ${index.madeBy}`)
  if (index.codeDir !== codeDir) throw new Error(`it was made for ${index.codeDir}`)
  const dataStart = HEAD_BYTES + indexBytes
  if (sizeBytes !== dataStart + index.dataBytes) throw new Error('it has not the length that it says')
  return { index, dataStart }
}

function readExactly(fd, position, length) {
  const bytes = Buffer.allocUnsafeSlow(length)
  if (fs.readSync(fd, bytes, 0, length, position) !== length) throw new Error('it is cut off')
  return bytes
}

/**
 * From now on `require` takes from the pack what is in it. Answers what to call when the handler is loaded: it gives
 * the open file back, and what is required later opens it again.
 */
function usePack(packPath, codeDir, note) {
  if (switches.some((name) => process.env[name])) return () => {}
  let fd
  try {
    fd = fs.openSync(packPath, 'r')
    const { index, dataStart } = readIndex(fd, codeDir)
    const read = (at, length) => {
      if (fd !== undefined) return readExactly(fd, dataStart + at, length)
      const again = fs.openSync(packPath, 'r')
      try {
        return readExactly(again, dataStart + at, length)
      } finally {
        fs.closeSync(again)
      }
    }
    install(index, read, note)
  } catch (error) {
    note(`the module pack cannot be used: ${error.message}`)
  }
  return () => {
    if (fd !== undefined) fs.closeSync(fd)
    fd = undefined
  }
}

function install({ modules, requests }, read, note) {
  const entries = new Map()
  for (const entry of modules) entries.set(entry.file, entry)

  let troubled = false
  function trouble(text) {
    if (!troubled) note(text)
    troubled = true
  }

  /** Undefined when the module is not there or cannot be read. */
  function take(filename) {
    const entry = entries.get(filename)
    if (entry === undefined) return undefined
    try {
      const { at, sourceBytes, cacheBytes, ascii } = entry
      const bytes = read(at, sourceBytes + cacheBytes)
      return {
        text: ascii ? bytes.latin1Slice(0, sourceBytes) : bytes.utf8Slice(0, sourceBytes),
        cache: cacheBytes > 0 ? bytes.subarray(sourceBytes) : undefined,
      }
    } catch (error) {
      trouble(`the module pack cannot be read: ${error.message}`)
      return undefined
    }
  }

  Module._resolveFilename = function _resolveFilename(...values) {
    const [request, parent, isMain, options] = values
    if (parent && !isMain && options === undefined && searchIsUsual()) {
      const found = requests[parent.path]?.[request]
      if (typeof found === 'number' && hasUsualPaths(parent, request)) return modules[found].file
    }
    return usual.resolve.apply(this, values)
  }

  Module._extensions['.js'] = function (module, filename, ...more) {
    const taken = compileIsUsual(module) ? take(filename) : undefined
    if (taken === undefined) return usual.js.call(this, module, filename, ...more)
    if (taken.cache === undefined) return module._compile(taken.text, filename)
    const script = compile(taken.text, filename, taken.cache)
    if (script.cachedDataRejected) trouble('V8 does not take the code in the module pack')
    const { exports } = module
    const folder = path.dirname(filename)
    script.runInThisContext().call(exports, exports, makeRequire(module), module, filename, folder)
  }

  Module._extensions['.json'] = function (module, filename, ...more) {
    const taken = take(filename)
    if (taken === undefined) return usual.json.call(this, module, filename, ...more)
    // Only what could be parsed is in a pack.
    module.exports = JSON.parse(taken.text)
  }
}

/** A program may add folders to `module.paths`; then the search has to be made. */
function hasUsualPaths({ path: folder, paths }, request) {
  if (request[0] === '.' || request[0] === '/') return true
  const expected = Module._nodeModulePaths(folder)
  return paths?.length === expected.length && expected.every((one, at) => one === paths[at])
}

/** As Node.js makes it for each module; what `createRequire` makes belongs to a module of its own. */
function makeRequire(module) {
  function require(id) {
    return module.require(id)
  }
  require.resolve = function resolve(request, options) {
    if (typeof request !== 'string') return ownRequire.resolve(request)
    return Module._resolveFilename(request, module, false, options)
  }
  require.resolve.paths = function paths(request) {
    if (typeof request !== 'string') return ownRequire.resolve.paths(request)
    return Module._resolveLookupPaths(request, module)
  }
  require.main = process.mainModule
  require.extensions = Module._extensions
  require.cache = Module._cache
  return require
}
/** Only to complain about arguments in Node's own words. */
const ownRequire = require

/** Goes the whole way once with a module that is nowhere on the disk, so that the way is compiled when it counts. */
function warmPack() {
  const folder = '/nonexistent/hanshu-warm'
  const file = `${folder}/index.js`
  const source = Module.wrap('exports.warm = require.resolve.paths("x") !== null')
  const cache = compile(source, file).createCachedData()
  const json = '{}'
  const bytes = Buffer.concat([Buffer.from(source), cache, Buffer.from(json)])
  const index = JSON.stringify({
    modules: [
      { file, at: 0, sourceBytes: source.length, cacheBytes: cache.length, ascii: true },
      {
        file: `${file}on`,
        at: bytes.length - json.length,
        sourceBytes: json.length,
        cacheBytes: 0,
        ascii: false,
      },
    ],
    requests: { [folder]: { warm: 0, './index.json': 1 } },
  })
  try {
    install(
      JSON.parse(index),
      (at, length) => bytes.subarray(at, at + length),
      () => {},
    )
    const require = Module.createRequire(file)
    require('warm')
    require('./index.json')
  } finally {
    Module._resolveFilename = usual.resolve
    Module._extensions['.js'] = usual.js
    Module._extensions['.json'] = usual.json
    delete Module._cache[file]
    delete Module._cache[`${file}on`]
  }
}

module.exports = { HEAD_BYTES, INDEX_BYTES_MAX, MAGIC, compile, madeBy, usePack, warmPack }

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

/** Node.js moves the first line by the length of its wrapper, so that columns count from the file's own beginning. */
const columnOffset = -Module.wrapper[0].length
/** Code that hides an `import()` from us (in an `eval`, say) finds its loader all the same, where there is this constant. */
const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER

/** What makes Node.js find or compile modules in another way than when the pack was made. */
const switches = ['NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_PRESERVE_SYMLINKS']

const usual = {
  compile: Module.prototype._compile,
  wrap: Module.wrap,
  findPath: Module._findPath,
  lookupPaths: Module._resolveLookupPaths,
  nodeModulePaths: Module._nodeModulePaths,
  js: Module._extensions['.js'],
  json: Module._extensions['.json'],
  resolve: Module._resolveFilename,
}

/** A program that changes how modules are found or compiled gets what it asked for. */
function isUsual() {
  return (
    Module.prototype._compile === usual.compile &&
    Module.wrap === usual.wrap &&
    Module._findPath === usual.findPath &&
    Module._resolveLookupPaths === usual.lookupPaths &&
    Module._nodeModulePaths === usual.nodeModulePaths
  )
}

function compile(wrapped, filename, cachedData) {
  return new vm.Script(wrapped, { filename, columnOffset, cachedData, importModuleDynamically })
}

function madeBy() {
  return `${process.version} ${process.arch}`
}

/** The index and the place of the data. Throws when this is no pack, or not one for this program and this folder. */
function readIndex(fd, codeDir) {
  const sizeBytes = fs.fstatSync(fd).size
  const head = readExactly(fd, 0, HEAD_BYTES)
  if (head.toString('latin1', 0, 8) !== MAGIC) throw new Error('it does not begin as one')
  const indexBytes = head.readUInt32BE(8)
  if (indexBytes > INDEX_BYTES_MAX) throw new Error('its index is too large')
  const index = JSON.parse(readExactly(fd, HEAD_BYTES, indexBytes).toString())
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
    install(index, codeDir, (offset, length) => {
      if (fd !== undefined) return readExactly(fd, dataStart + offset, length)
      const again = fs.openSync(packPath, 'r')
      try {
        return readExactly(again, dataStart + offset, length)
      } finally {
        fs.closeSync(again)
      }
    }, note)
  } catch (error) {
    note(`the module pack cannot be used: ${error.message}`)
  }
  return () => {
    if (fd !== undefined) fs.closeSync(fd)
    fd = undefined
  }
}

function install({ modules, requests }, codeDir, read, note) {
  const files = new Map()
  const fileAt = modules.map((entry) => {
    const file = path.join(codeDir, entry.file)
    files.set(file, entry)
    return file
  })
  const known = new Map(
    requests.map(([folder, found]) => [path.join(codeDir, folder), new Map(found)]),
  )

  /** Undefined when the module is not there or cannot be read; the reason is told once. */
  let trouble = false
  function take(filename) {
    const entry = files.get(filename)
    if (entry === undefined || !isUsual()) return undefined
    try {
      const bytes = read(entry.at, entry.sourceBytes + entry.cacheBytes)
      const text = entry.ascii
        ? bytes.latin1Slice(0, entry.sourceBytes)
        : bytes.utf8Slice(0, entry.sourceBytes)
      return { text, cache: entry.cacheBytes > 0 ? bytes.subarray(entry.sourceBytes) : undefined }
    } catch (error) {
      if (!trouble) note(`the module pack cannot be read: ${error.message}`)
      trouble = true
      return undefined
    }
  }

  Module._resolveFilename = function _resolveFilename(request, parent, isMain, options) {
    if (parent && !isMain && options === undefined && isUsual()) {
      const found = known.get(parent.path)?.get(request)
      if (found !== undefined && hasUsualPaths(parent, request)) return fileAt[found]
    }
    return usual.resolve.apply(this, arguments)
  }

  Module._extensions['.js'] = function (module, filename) {
    const taken = take(filename)
    if (taken === undefined) return usual.js.apply(this, arguments)
    if (taken.cache === undefined) return module._compile(taken.text, filename)
    const script = compile(taken.text, filename, taken.cache)
    if (script.cachedDataRejected && !trouble) {
      note('the code in the module pack was compiled by another Node.js and is not used')
      trouble = true
    }
    const { exports } = module
    script
      .runInThisContext()
      .call(exports, exports, makeRequire(module), module, filename, path.dirname(filename))
  }

  Module._extensions['.json'] = function (module, filename) {
    const taken = take(filename)
    if (taken === undefined) return usual.json.apply(this, arguments)
    // Only what could be parsed is in a pack.
    module.exports = JSON.parse(taken.text)
  }
}

/** A program may add folders to `module.paths`; then the search has to be made. */
function hasUsualPaths(parent, request) {
  if (request[0] === '.' || request[0] === '/') return true
  const { paths } = parent
  const expected = Module._nodeModulePaths(parent.path)
  return paths.length === expected.length && paths.every((folder, at) => folder === expected[at])
}

/** As Node.js makes it for each module; `createRequire` would make one for a module of its own. */
function makeRequire(module) {
  function require(id) {
    return module.require(id)
  }
  require.resolve = function resolve(request, options) {
    return Module._resolveFilename(request, module, false, options)
  }
  require.resolve.paths = function paths(request) {
    return Module._resolveLookupPaths(request, module)
  }
  require.main = process.mainModule
  require.extensions = Module._extensions
  require.cache = Module._cache
  return require
}

module.exports = { HEAD_BYTES, INDEX_BYTES_MAX, MAGIC, compile, madeBy, usePack }

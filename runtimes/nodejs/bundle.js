'use strict'
/** One file that stands for the handler's module, compiled with V8's code cache. */
const fs = require('fs')
const Module = require('module')
const path = require('path')
const vm = require('vm')

const major = Number(/^v(\d+)/.exec(process.version)[1])
const defaultLoader = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER

/** `filename` is the file that the bundle stands for: it is what stack traces and __filename say. */
function compile(source, filename, cachedData) {
  return new vm.Script(Module.wrap(source), { filename, cachedData, importModuleDynamically: defaultLoader })
}

/** Returns the module's exports. Throws when the bundle cannot be read or run. */
function load(bundlePath, cachePath, filename, note) {
  const source = fs.readFileSync(bundlePath, 'utf8')
  const module = new Module(filename, null)
  module.filename = filename
  module.paths = Module._nodeModulePaths(path.dirname(filename))
  if (!/\bimport\s*\(/.test(source)) {
    runScript(source, filename, cachePath, module, note)
  } else if (major >= 22) {
    muteLoaderWarning()
    runScript(source, filename, cachePath, module, note)
  } else {
    // There a script cannot import, or forgets how when it comes from the cache; Node's own way to compile can.
    module._compile(source, filename)
  }
  module.loaded = true
  return module.exports
}

function runScript(source, filename, cachePath, module, note) {
  const script = compile(source, filename, cachePath ? readCache(cachePath, note) : undefined)
  if (script.cachedDataRejected) note('the code cache was made by another Node.js and is not used')
  const run = script.runInThisContext()
  run.call(
    module.exports,
    module.exports,
    Module.createRequire(filename),
    module,
    filename,
    path.dirname(filename),
  )
}

function readCache(cachePath, note) {
  try {
    return fs.readFileSync(cachePath)
  } catch (error) {
    note(`the code cache cannot be read: ${error.message}`)
    return undefined
  }
}

/** The first use of the loader warns that it is experimental, which is no news for the function's log. */
function muteLoaderWarning() {
  const emitWarning = process.emitWarning
  process.emitWarning = () => {}
  try {
    new vm.Script('import("node:fs")', { importModuleDynamically: defaultLoader }).runInThisContext()
  } finally {
    process.emitWarning = emitWarning
  }
}

module.exports = { compile, load }

'use strict'
/** From a handler's name to its function. */
const fs = require('fs')
const Module = require('module')
const path = require('path')
const { pathToFileURL } = require('url')
const { LoadError, isError, safeText } = require('./errors.js')
const { usePack } = require('./module-pack.js')
const output = require('./output.js')

const extensions = ['.js', '.mjs', '.cjs']

/** What Node.js has made of NODE_PATH; to do it again takes a third of a millisecond. */
let searched

/** Makes the preinstalled modules and those of layers requirable, after what the code brings itself. */
function extendModulePaths(settings) {
  const folders = [
    ...(settings.env?.NODE_PATH ?? '').split(path.delimiter).filter(Boolean),
    path.join(settings.optDir, 'nodejs', 'node_modules'),
    path.join(settings.optDir, 'node_modules'),
    path.join(__dirname, 'modules', 'node_modules'),
  ]
  process.env.NODE_PATH = folders.join(path.delimiter)
  if (process.env.NODE_PATH !== searched) Module._initPaths()
  searched = process.env.NODE_PATH
}

/**
 * Loads each handler once. `load(name)` gives `{ handler }` or `{ error }`, or a promise of these when the module is an
 * ES module. The same answer is given for ever: a module that failed is not tried again.
 */
function makeLoader(settings) {
  const known = new Map()
  const requireFromCode = Module.createRequire(path.join(settings.codeDir, 'index.js'))

  function load(name) {
    let outcome = known.get(name)
    if (outcome === undefined) {
      if (!settings.isWarm) output.plainLine(`load code for handler:${name}`)
      const release = takePack()
      outcome = attempt(() => find(name))
      known.set(name, outcome)
      if (outcome instanceof Promise)
        outcome.then((settled) => {
          known.set(name, settled)
          release()
        })
      else release()
    }
    return outcome
  }

  /** With the first handler, whose invocation then gets what there is to say about it. */
  function takePack() {
    if (!settings.modulePack || known.size > 0) return () => {}
    return usePack(settings.modulePack, settings.codeDir, notePack)
  }

  function find(name) {
    const dot = name.lastIndexOf('.')
    if (dot <= 0 || dot === name.length - 1)
      throw new LoadError('InvalidHandlerName', `Invalid handler '${name}'`)
    const moduleName = name.slice(0, dot)
    const exportName = name.slice(dot + 1)
    const pick = (exported) => {
      const handler = exported?.[exportName] ?? exported?.default?.[exportName]
      if (typeof handler === 'function') return { handler }
      throw new LoadError('HandlerNotFound', `Handler '${exportName}' is missing on module '${moduleName}'`)
    }

    const base = path.join(settings.codeDir, moduleName)
    const file = extensions.map((extension) => base + extension).find(isFile)
    if (file === undefined) throw new LoadError('ImportModuleError', `Module '${base}.js' is missing.`)
    const exported = loadFile(file)
    return exported instanceof Promise ? exported.then(pick) : pick(exported)
  }

  function loadFile(file) {
    process.argv[1] = file
    if (isEsModule(file)) return import(pathToFileURL(file).href)
    try {
      return requireFromCode(file)
    } catch (error) {
      if (error?.code === 'ERR_REQUIRE_ESM' || error?.code === 'ERR_REQUIRE_ASYNC_MODULE') {
        return import(pathToFileURL(file).href)
      }
      throw error
    }
  }

  /** Failures become values, in their vendor's wording. */
  function attempt(work) {
    try {
      const outcome = work()
      return outcome instanceof Promise ? outcome.catch(failed) : outcome
    } catch (error) {
      return failed(error)
    }
  }

  return load
}

/** A pack that is not as it should be costs its speed and nothing else; the log says so. */
const notePack = (text) => output.log('warn', text)

function failed(error) {
  return { error: asLoadError(error) }
}

function asLoadError(error) {
  if (error instanceof LoadError) return error
  if (!isError(error)) return new LoadError('UserCodeError', safeText(error))
  const code = error.code
  const type =
    code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND'
      ? 'ImportModuleError'
      : isFromCompiler(error)
        ? 'UserCodeSyntaxError'
        : 'UserCodeError'
  return new LoadError(type, String(error.message), String(error.stack))
}

/** JSON.parse and the like throw SyntaxErrors as well, but those are about data. */
function isFromCompiler(error) {
  return error.name === 'SyntaxError' && !/^\s+at (JSON\.parse|new RegExp|eval)\b/m.test(String(error.stack))
}

// Asked for what is often not there: without an exception, which costs more than the question.
const quietly = { throwIfNoEntry: false }

function isFile(file) {
  try {
    return fs.statSync(file, quietly)?.isFile() ?? false
  } catch {
    return false
  }
}

/** By Node's own rule: the extension, else the nearest package.json. */
function isEsModule(file) {
  if (file.endsWith('.mjs')) return true
  if (file.endsWith('.cjs')) return false
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const description = path.join(folder, 'package.json')
    if (isFile(description)) {
      try {
        return JSON.parse(fs.readFileSync(description, 'utf8')).type === 'module'
      } catch {
        // Not readable, or no JSON: Node complains about it itself when it loads the module.
        return false
      }
    }
    if (folder === path.dirname(folder)) return false
  }
}

module.exports = { makeLoader, extendModulePaths }

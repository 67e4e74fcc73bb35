'use strict'
/**
 * make-code-cache.js <bundle> <out> [filename]: V8's code cache of a bundle, for the Node.js that runs this and no other.
 * `filename` is the file that the bundle stands for (/code/index.js); stack traces of code from the cache name it.
 */
const fs = require('fs')
const v8 = require('v8')
const { compile } = require('./bundle.js')

const [bundlePath, outPath, filename = bundlePath] = process.argv.slice(2)
if (!bundlePath || !outPath) {
  process.stderr.write('usage: node make-code-cache.js <bundle> <out> [filename]\n')
  process.exit(2)
}
const source = fs.readFileSync(bundlePath, 'utf8')
// The bundle is not run here, so functions would be left out as not compiled yet. Only code in the cache is a gain.
v8.setFlagsFromString('--no-lazy')
const script = compile(source, filename)
v8.setFlagsFromString('--lazy')
const data = script.createCachedData()
if (compile(source, filename, data).cachedDataRejected) {
  process.stderr.write('this Node.js does not accept its own code cache\n')
  process.exit(1)
}
fs.writeFileSync(outPath, data)

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { after, afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { RuntimeUnderTest } from './runtime-under-test.ts'

const runtimeDir = fileURLToPath(new URL('../../runtimes/nodejs', import.meta.url))
const { usePack } = createRequire(import.meta.url)(join(runtimeDir, 'module-pack.js')) as {
  usePack(packPath: string, codeDir: string, note: (text: string) => void): () => void
}

/** The Node.js that runs this, and others to try by hand: HANSHU_TEST_NODES=/path/to/node16:/path/to/node20 */
const nodes = [process.execPath, ...(process.env['HANSHU_TEST_NODES'] ?? '').split(':').filter(Boolean)]

const temporary = mkdtempSync(join(tmpdir(), 'hanshu-pack-'))
after(() => rmSync(temporary, { recursive: true, force: true }))

function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

function codeOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(temporary, 'code-'))
  write(folder, files)
  return folder
}

async function runMaker(node: string, codeDir: string, modules: string[]) {
  const maker = spawn(node, [join(runtimeDir, 'make-module-pack.js')], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const channel = maker.stdio[3] as Duplex
  channel.write(`${JSON.stringify({ codeDir, modules })}\n`)
  const [chunks] = await Promise.all([channel.toArray() as Promise<Buffer[]>, once(maker, 'exit')])
  const all = Buffer.concat(chunks)
  const end = all.indexOf('\n')
  const answer = JSON.parse(all.toString('utf8', 0, end)) as {
    bytes: number
    modules: number
    error?: string
  }
  return { answer, bytes: all.subarray(end + 1) }
}

async function packOf(node: string, codeDir: string, modules = ['index']) {
  const { answer, bytes } = await runMaker(node, codeDir, modules)
  assert.equal(answer.error, undefined)
  assert.equal(bytes.length, answer.bytes)
  const file = join(mkdtempSync(join(temporary, 'pack-')), 'modules.pack')
  writeFileSync(file, bytes)
  const index = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32BE(8))) as {
    modules: { file: string; cacheBytes: number }[]
  }
  const names = index.modules.map((module) => module.file.slice(codeDir.length + 1)).sort()
  return { file, names, index }
}

/** What a framework and its dependencies do, and what else can be done with modules. The handler tells what it saw. */
const framework = {
  'index.js': `const report = { main: require.main === undefined, mainFile: __filename, folder: __dirname }
const attempt = (work) => { try { return work() } catch (error) { return { name: error.name, message: error.message, code: error.code, stack: error.requireStack } } }
report.framework = require('framework')
report.scoped = require('@scope/tool')
report.config = require('./config.json')
report.cycle = require('./cycle/a.js').seen
report.dynamic = ['one', 'two', 'three'].map((name) => attempt(() => require('./plugins/' + name)))
report.missing = attempt(() => require('no-such-module'))
report.missingFile = attempt(() => require('./no-such-file'))
report.syntax = attempt(() => require('./broken.js')).name
report.brokenJson = attempt(() => require('./broken.json')).name
report.self = attempt(() => require('the-app/config').port)
report.hash = attempt(() => require('#inner').inner)
report.resolved = require.resolve('framework')
report.resolvePaths = require.resolve.paths('framework')[0]
report.badResolve = attempt(() => require.resolve(1)).code
report.identity = [require('framework') === require('framework/lib/index.js'), require('./cycle/a') === require('./cycle/a.js')]
report.cached = Object.keys(require.cache).filter((name) => name.startsWith(__dirname)).sort()
report.module = [module.id, module.filename, module.loaded, module.children.map((child) => child.id), module.paths[0]]
delete require.cache[require.resolve('./counter.js')]
const first = require('./counter.js')
delete require.cache[require.resolve('./counter.js')]
report.anew = first !== require('./counter.js')
report.parent = require('./parent.js')
report.extensions = Object.keys(require.extensions).sort()
report.shebang = require('./tool').run()
report.bom = require('./bom.js')
report.nonAscii = require('./nonascii.js')
report.thisIsExports = require('./this.js').viaThis
report.options = require.resolve('inner-only', { paths: [__dirname + '/node_modules/framework'] })
module.paths.unshift(__dirname + '/elsewhere')
report.elsewhere = attempt(() => require('tool-from-elsewhere'))
report.shadowed = attempt(() => require('shadowed'))
const atTop = new Error('at the top').stack.split('\\n')[1]
exports.handler = async () => {
  report.lazy = require('./lazy.js')
  report.imported = (await require('./importing.js').load()).value
  report.places = [atTop, require('framework').where(), require('./one-line.js').where()]
  return JSON.stringify(report)
}`,
  'package.json':
    '{"name":"the-app","exports":{"./config":"./config.json"},"imports":{"#inner":"./inner.js"}}',
  'inner.js': 'exports.inner = "by its private name"',
  'config.json': '{"port": 8080, "text": "✓"}',
  'cycle/a.js': 'exports.early = 1; const b = require("./b"); exports.seen = [b.sawEarly, b.sawLate]',
  'cycle/b.js': 'const a = require("./a"); exports.sawEarly = a.early; exports.sawLate = a.seen',
  'plugins/one.js': 'module.exports = "plugin one"',
  'plugins/two/index.js': 'module.exports = "plugin two"',
  'broken.js': 'this is not JavaScript',
  'broken.json': '{',
  'counter.js': 'module.exports = {}',
  'parent.js': 'module.exports = [module.parent && module.parent.id, typeof module.require, require.main]',
  tool: '#!/usr/bin/env node\nexports.run = () => "a tool without extension"',
  'bom.js': '\ufeffmodule.exports = "after a byte order mark"',
  'nonascii.js': 'module.exports = ["汉书", "\ufffd", "🙂"].map((text) => [text, text.length])',
  'this.js': 'this.viaThis = this === exports && this === module.exports',
  'lazy.js': 'module.exports = "only when it is called"',
  'importing.js': 'exports.load = () => import("./module.mjs")',
  'module.mjs': 'export const value = "from an ES module"',
  'one-line.js': 'exports.where = () => new Error("x").stack.split("\\n")[1]',
  'elsewhere/tool-from-elsewhere.js': 'module.exports = "from elsewhere"',
  'elsewhere/shadowed.js': 'module.exports = "from elsewhere"',
  'node_modules/shadowed/index.js': 'module.exports = "from node_modules"',
  'node_modules/framework/package.json':
    '{"name":"framework","main":"lib","version":"2.0.0","exports":{".":{"import":"./no.mjs","default":"./lib/index.js"},"./lib/index.js":"./lib/index.js"}}',
  'node_modules/framework/lib/index.js': `const helper = require('helper')
/** @type {import('helper')} */
module.exports = { helper, version: require('../package.json').version, inner: require('inner-only'), file: __filename,
  where: () => new Error('x').stack.split('\\n')[1] }`,
  'node_modules/framework/node_modules/helper/index.js': 'module.exports = "the nested helper"',
  'node_modules/framework/node_modules/inner-only/index.js': 'module.exports = "nested only"',
  'node_modules/helper/index.js': 'module.exports = "the outer helper"',
  'node_modules/@scope/tool/package.json': '{"main":"./main.cjs","type":"module"}',
  'node_modules/@scope/tool/main.cjs': 'module.exports = ["scoped", require("helper")]',
}

for (const node of nodes) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  const runtimeName = `nodejs${Number(/^v(\d+)/.exec(version)![1])}`

  describe(`a module pack on ${version}`, () => {
    const running: RuntimeUnderTest[] = []
    afterEach(async () => {
      for (const runtime of running.splice(0)) await runtime.stop()
    })

    async function answerOf(codeDir: string, settings: Record<string, unknown> = {}) {
      const runtime = new RuntimeUnderTest([node, join(runtimeDir, 'bootstrap.js')])
      running.push(runtime)
      await runtime.ready
      runtime.bind({ codeDir, runtime: runtimeName, ...settings })
      const answer = await runtime.invoke()
      assert.ok('body' in answer, runtime.stray)
      return { answer, text: answer.body.toString(), log: runtime.logOf(1) + runtime.logOf(0) }
    }

    it('changes nothing of what a program sees of its modules', async () => {
      const codeDir = codeOf(framework)
      const { file, names } = await packOf(node, codeDir)
      for (const name of [
        'index.js',
        'cycle/b.js',
        'node_modules/framework/node_modules/helper/index.js',
        'lazy.js',
      ])
        assert.ok(names.includes(name), name)
      const [without, withPack] = [await answerOf(codeDir), await answerOf(codeDir, { modulePack: file })]
      assert.equal(withPack.answer.is, 'result', withPack.text)
      assert.deepEqual(JSON.parse(withPack.text), JSON.parse(without.text))
      assert.doesNotMatch(withPack.log, /\[warn\]/)
      // So that the comparison is about something.
      const report = JSON.parse(withPack.text)
      assert.equal(report.framework.helper, 'the nested helper')
      assert.deepEqual(report.dynamic.slice(0, 2), ['plugin one', 'plugin two'])
      assert.equal(report.shadowed, 'from elsewhere')
      assert.equal(report.imported, 'from an ES module')
      assert.match(report.places[0], /index\.js:\d+:\d+\)$/)
      assert.match(report.places[2], /one-line\.js:1:23\)$/)
    })

    it('is where the modules come from', async () => {
      const codeDir = codeOf({
        'index.js':
          'const value = require("./value"); exports.handler = async () => value + require("./late")',
        'value.js': 'module.exports = "packed"',
        'late.js': 'module.exports = ", also late"',
      })
      const { file } = await packOf(node, codeDir)
      write(codeDir, { 'value.js': 'module.exports = "on the disk"', 'late.js': 'module.exports = ""' })
      assert.equal((await answerOf(codeDir, { modulePack: file })).text, 'packed, also late')
      const env = { NODE_OPTIONS: '--enable-source-maps' }
      assert.equal((await answerOf(codeDir, { modulePack: file, env })).text, 'on the disk')
    })

    it('serves the CommonJS dependencies of a handler that is an ES module', async () => {
      const codeDir = codeOf({
        'index.mjs':
          'import dependency from "dependency"; export const handler = async () => dependency.text',
        'node_modules/dependency/index.js': 'exports.text = require("./text.js")',
        'node_modules/dependency/text.js': 'module.exports = "packed"',
      })
      const { file, names } = await packOf(node, codeDir)
      assert.deepEqual(names, ['node_modules/dependency/index.js', 'node_modules/dependency/text.js'])
      write(codeDir, { 'node_modules/dependency/text.js': 'module.exports = "on the disk"' })
      assert.equal((await answerOf(codeDir, { modulePack: file })).text, 'packed')
    })

    it('lets a program that changes how modules are loaded have its way', async () => {
      const codeDir = codeOf({
        'index.js': `const Module = require('module')
          const usual = Module._extensions['.js']
          Module._extensions['.js'] = (module, name) => {
            const compile = module._compile
            module._compile = (text, file) => compile.call(module, text.replace('plain', 'transpiled'), file)
            return usual(module, name)
          }
          const one = require('./one')
          Module._extensions['.js'] = usual
          const findPath = Module._findPath
          Module._findPath = (request, ...more) => findPath(request.replace('two', 'three'), ...more)
          exports.handler = async () => one + ', ' + require('./two')`,
        'one.js': 'module.exports = "plain one"',
        'two.js': 'module.exports = "two"',
        'three.js': 'module.exports = "three"',
      })
      const { file } = await packOf(node, codeDir)
      assert.equal((await answerOf(codeDir, { modulePack: file })).text, 'transpiled one, three')
    })

    it('is not used, and the log says so, when it is missing, something else, or for something else', async () => {
      const codeDir = codeOf({ 'index.js': 'exports.handler = async () => "the original"' })
      const { file } = await packOf(node, codeDir)
      const other = await packOf(node, codeOf({ 'index.js': 'exports.handler = async () => "another"' }))
      const bytes = readFileSync(file)
      const aged = join(temporary, 'aged.pack')
      writeFileSync(
        aged,
        Buffer.from(bytes.toString('latin1').replace(version, version.replace(/\d/g, '0')), 'latin1'),
      )
      const text = join(temporary, 'text.pack')
      writeFileSync(text, 'this is not a pack, but it is longer than the head of one')
      for (const [modulePack, reason] of [
        ['/nonexistent/modules.pack', /ENOENT/],
        [other.file, /it was made for/],
        [aged, /it was made by Node\.js v00/],
        [text, /it does not begin as one/],
      ] as const) {
        const { text: said, log } = await answerOf(codeDir, { modulePack })
        assert.equal(said, 'the original')
        assert.match(log, /\[warn\] the module pack cannot be used: /)
        assert.match(log, reason)
      }
    })

    it('works, only slower, when V8 does not take its code', async () => {
      const codeDir = codeOf({ 'index.js': 'exports.handler = async () => "right"' })
      const { file, index } = await packOf(node, codeDir)
      const bytes = readFileSync(file)
      bytes.fill(0x55, bytes.length - index.modules[0]!.cacheBytes)
      writeFileSync(file, bytes)
      const { text, log } = await answerOf(codeDir, { modulePack: file })
      assert.equal(text, 'right')
      assert.match(log, /\[warn\] V8 does not take the code in the module pack/)
    })

    it('runs modules in the same order as without it, whatever requires what', async () => {
      const graph = fc.array(
        fc.record({ needs: fc.array(fc.nat(7), { maxLength: 4 }), late: fc.boolean(), kind: fc.nat(2) }),
        { minLength: 1, maxLength: 8 },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(graph, { minLength: 10, maxLength: 20 }), async (graphs) => {
          const files: Record<string, string> = {
            'index.js': `global.order = []
              ${graphs.map((_, g) => `order.push(require('./g${g}/m0'))`).join('\n')}
              exports.handler = async () => JSON.stringify(order)`,
          }
          graphs.forEach((modules, g) => {
            modules.forEach(({ needs, late, kind }, m) => {
              const requests = needs.map((to) => {
                const request = `${['./', `../g${g}/`, './x/../'][kind]}m${to % modules.length}`
                return `Object.keys(require('${request}'))`
              })
              const body = `order.push('g${g}m${m}')`
              files[`g${g}/m${m}.js`] = [
                `exports.m${m} = 1`,
                ...(late ? [`exports.r = [${requests}]`, body] : [body, `exports.r = [${requests}]`]),
              ].join('\n')
            })
            files[`g${g}/x/empty.js`] = ''
          })
          const codeDir = codeOf(files)
          const { file } = await packOf(node, codeDir)
          const withPack = await answerOf(codeDir, { modulePack: file })
          assert.equal(withPack.text, (await answerOf(codeDir)).text)
          assert.doesNotMatch(withPack.log, /\[warn\]/)
          for (const runtime of running.splice(0)) await runtime.stop()
        }),
        { numRuns: 4 },
      )
    })
  })

  describe(`the program that makes packs on ${version}`, () => {
    it('runs nothing of what it reads', async () => {
      const mark = join(temporary, `ran-${runtimeName}`)
      const touch = `require('fs').writeFileSync(${JSON.stringify(mark)}, '')`
      const codeDir = codeOf({ 'index.js': `${touch}; require('./other')`, 'other.js': touch })
      assert.deepEqual((await packOf(node, codeDir)).names, ['index.js', 'other.js'])
      assert.ok(!existsSync(mark))
    })

    it('leaves out what lies outside of the code, what is too large, and what is no CommonJS', async () => {
      const outside = codeOf({ 'secret.js': 'module.exports = 1' })
      const codeDir = codeOf({
        'index.js': `require('${outside}/secret.js'); require('./link'); require('./large'); require('./esm/module.js')
          require('./breakout'); require('./await'); require('./fine'); require('fs'); require('node:path')`,
        'large.js': `/*${'x'.repeat(4 * 1024 * 1024)}*/`,
        'esm/package.json': '{"type":"module"}',
        'esm/module.js': 'globalThis.x = 1',
        'breakout.js': '}); (function () {',
        'await.js': 'await null; export {}',
        'fine.js': '',
      })
      symlinkSync(join(outside, 'secret.js'), join(codeDir, 'link.js'))
      assert.deepEqual((await packOf(node, codeDir)).names, ['fine.js', 'index.js'])
    })

    it('takes handlers from the code folder only, and no pack is better than one that passes by loader hooks', async () => {
      const codeDir = codeOf({ 'index.js': 'require("module").registerHooks({})', 'fine.js': '' })
      const { answer } = await runMaker(node, codeDir, ['index'])
      assert.match(answer.error!, /hooks into the loading of modules/)
      assert.deepEqual((await packOf(node, codeDir, ['../../etc/x', 'fine', 'absent'])).names, ['fine.js'])
    })

    it('keeps V8’s code of modules whose comments speak of imports, but not of those that import', async () => {
      const codeDir = codeOf({
        'index.js': '/** @type {import("./b")} */ exports.x = () => require("./b")',
        'b.js': 'exports.y = () => import("./c.mjs")',
      })
      const { index } = await packOf(node, codeDir)
      assert.deepEqual(
        index.modules.map(({ cacheBytes }) => cacheBytes > 0),
        [true, false],
      )
    })
  })
}

describe('a module pack', () => {
  it('is not used when a part of it is missing, wherever it was cut', async () => {
    const codeDir = codeOf({ 'index.js': 'require("./b")', 'b.js': 'module.exports = "b"' })
    const { file } = await packOf(process.execPath, codeDir)
    const bytes = readFileSync(file)
    const cut = `${file}.cut`
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        writeFileSync(cut, bytes.subarray(0, length))
        const notes: string[] = []
        usePack(cut, codeDir, (text) => notes.push(text))()
        assert.equal(notes.length, 1)
      }),
    )
  })
})

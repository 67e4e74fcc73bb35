import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { encodeFrame, frameType } from './frames.ts'
import { RuntimeUnderTest } from './runtime-under-test.ts'

const runtimeDir = fileURLToPath(new URL('../../runtimes/nodejs', import.meta.url))

/** The Node.js that runs this, and others to try by hand: HANSHU_TEST_NODES=/path/to/node16:/path/to/node20 */
const nodes = [process.execPath, ...(process.env['HANSHU_TEST_NODES'] ?? '').split(':').filter(Boolean)]

const temporary = mkdtempSync(join(tmpdir(), 'hanshu-nodejs-'))
after(() => rmSync(temporary, { recursive: true, force: true }))

function codeOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(temporary, 'code-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

for (const node of nodes) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  const major = Number(/^v(\d+)/.exec(version)![1])

  describe(`the Node.js runtime on ${version}`, () => {
    const running: RuntimeUnderTest[] = []
    afterEach(async () => {
      for (const runtime of running.splice(0)) await runtime.stop()
    })

    async function boot(env: Record<string, string> = {}): Promise<RuntimeUnderTest> {
      const runtime = new RuntimeUnderTest([node, join(runtimeDir, 'bootstrap.js')], env)
      running.push(runtime)
      await runtime.ready
      return runtime
    }

    async function bound(files: Record<string, string> | string, settings: Record<string, unknown> = {}) {
      const codeDir = codeOf(typeof files === 'string' ? { 'index.js': files } : files)
      const runtime = await boot()
      runtime.bind({ codeDir, runtime: `nodejs${major}`, ...settings })
      return { runtime, codeDir }
    }

    const errorOf = async (
      files: Record<string, string> | string,
      settings: Record<string, unknown> = {},
    ) => {
      const { runtime, codeDir } = await bound(files, settings)
      const answer = await runtime.invoke('event')
      assert.equal(answer.is, 'error')
      assert.ok(answer.is === 'error')
      return { ...answer, codeDir, document: JSON.parse(answer.body.toString()), log: runtime.logOf(1) }
    }

    it('gives back what it has not begun, and only that', async () => {
      const { runtime } = await bound(`
        exports.handler = (event, context, callback) =>
          event.toString() === 'wait' ? setTimeout(callback, 50, null, 'waited') : callback(null, 'at once')
      `)
      const answers = ['wait', 'one', 'two', 'three'].map((event) => runtime.invoke(event))
      for (const id of [1, 2, 4, 99]) runtime.send(encodeFrame(frameType.takeBack, id))
      const given = await Promise.all(answers)
      assert.deepEqual(
        given.map((answer) => ('body' in answer ? answer.body.toString() : answer.is)),
        ['waited', 'returned', 'at once', 'returned'],
      )
      assert.ok(runtime.took.get(1)! >= 49 && runtime.took.get(3)! < 49)
    })

    it('lets the event loop turn while calls are queued', async () => {
      const { runtime } = await bound(`
        let turns = 0
        exports.handler = async () => {
          setImmediate(() => turns++)
          return String(turns)
        }
      `)
      const answers = await Promise.all(Array.from({ length: 40 }, () => runtime.invoke('')))
      const last = answers.at(-1)!
      assert.ok(last.is === 'result' && Number(last.body.toString()) > 8)
    })

    it('answers with what a handler calls back, resolves or returns', async () => {
      for (const [handler, expected] of [
        ['(event, context, callback) => callback(null, "hello " + event)', 'hello event'],
        ['(event, context, callback) => setTimeout(callback, 5, null, "later")', 'later'],
        ['async (event) => Buffer.from([0, 255, 1]).toString("hex") + event', '00ff01event'],
        ['(event) => Buffer.concat([event, Buffer.from("!")])', 'event!'],
        ['() => 42.5', '42.5'],
        ['() => false', 'false'],
        ['async () => ({ 函: "数", n: [1, null] })', '{"函":"数","n":[1,null]}'],
        ['async () => null', ''],
        ['async () => {}', ''],
        ['(...all) => { setImmediate(all[2], null, all.length) }', '3'],
        ['function () { arguments[2](null, "by arguments") }', 'by arguments'],
        ['((event, context, callback) => { callback(null, "bound") }).bind(null)', 'bound'],
        ['async () => new Uint8Array([104, 105])', 'hi'],
        ['(event, context, callback) => callback(null, Buffer.isBuffer(event))', 'true'],
        ['(event, context, callback) => { callback(null, "first"); callback(new Error("second")) }', 'first'],
        ['(event, context, callback) => { callback(null, "first"); throw new Error("too late") }', 'first'],
      ]) {
        const { runtime } = await bound(`exports.handler = ${handler}`)
        const answer = await runtime.invoke('event')
        assert.deepEqual(
          answer.is === 'result' ? answer.body.toString() : `${answer.is} ${JSON.stringify(answer)}`,
          expected,
          handler,
        )
      }
    })

    it('gives the context of the contract', async () => {
      const { runtime } = await bound(
        `exports.handler = async (event, context) => {
          console.dir(context)
          context.logger.warn('from the logger')
          return context
        }`,
        {
          initializer: 'index.initialize',
          qualifier: 'prod',
          versionId: '7',
          logProject: 'p',
          logStore: 's',
        },
      )
      const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret', securityToken: 'token' }
      const answer = await runtime.invoke('', { requestId: '1-2-3', retryCount: 2, credentials })
      assert.ok(answer.is === 'result')
      assert.deepEqual(JSON.parse(answer.body.toString()), {
        requestId: '1-2-3',
        credentials,
        function: {
          name: 'hello',
          handler: 'index.handler',
          memory: 512,
          timeout: 3,
          initializer: 'index.initialize',
          initializationTimeout: 5,
        },
        service: { name: '', logProject: 'p', logStore: 's', qualifier: 'prod', versionId: '7' },
        region: 'cn-hangzhou',
        accountId: '1234567890123456',
        logger: {},
        retryCount: 2,
        tracing: { openTracingSpanContext: '', openTracingSpanBaggages: {}, jaegerEndpoint: '' },
        waitsForEmptyEventLoopBeforeCallback: false,
      })
      assert.match(
        runtime.logOf(1),
        /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 1-2-3 \[warn\] from the logger\n/,
      )
      assert.match(runtime.logOf(1), /requestId: '1-2-3'/)
    })

    it('answers an error that was called back as handled, one that was thrown or rejected as unhandled', async () => {
      const calledBack = await errorOf('exports.handler = (e, c, callback) => callback(new TypeError("no"))')
      assert.equal(calledBack.kind, 'handled')
      assert.equal(calledBack.document.errorMessage, 'no')
      assert.equal(calledBack.document.errorType, 'TypeError')
      assert.equal(calledBack.document.stackTrace[0], 'TypeError: no')
      assert.ok(calledBack.document.stackTrace[1].includes(join(calledBack.codeDir, 'index.js:1')))
      assert.ok(!calledBack.body.toString().includes(runtimeDir))
      assert.ok(calledBack.log.endsWith(`request-1 [error] ${calledBack.body.toString()}\n`))

      for (const handler of [
        '() => { throw new RangeError("thrown") }',
        'async () => { throw new RangeError("thrown") }',
        '(e, c, callback) => Promise.reject(new RangeError("thrown"))',
      ]) {
        const { kind, fatal, document } = await errorOf(`exports.handler = ${handler}`)
        assert.deepEqual(
          [kind, fatal, document.errorMessage, document.errorType],
          ['unhandled', false, 'thrown', 'RangeError'],
        )
      }
    })

    it('words what is not an Error as the vendor does', async () => {
      for (const [value, errorMessage] of [
        ['"text"', 'text'],
        ['{ code: 1 }', '{"code":1}'],
        ['Buffer.from("bytes")', 'bytes'],
        ['7', '7'],
      ]) {
        const { kind, document } = await errorOf(`exports.handler = (e, c, callback) => callback(${value})`)
        assert.deepEqual([kind, document], ['handled', { errorMessage, errorType: 'FunctionHandledError' }])
      }
      const thrown = await errorOf('exports.handler = async () => { throw undefined }')
      assert.deepEqual([thrown.kind, thrown.document.errorMessage], ['unhandled', ''])
    })

    it('survives errors that cannot be shown and results that cannot be told', async () => {
      const hostile = await errorOf(`exports.handler = async () => {
        const error = new Error('x'); Object.defineProperty(error, 'message', { get() { throw new Error('no') } }); throw error
      }`)
      assert.match(hostile.document.errorMessage, /the error cannot be shown/)
      const circular = await errorOf('exports.handler = async () => { const a = {}; a.a = a; return a }')
      assert.equal(circular.document.errorType, 'TypeError')
      const huge = await errorOf('exports.handler = async () => Buffer.alloc(70 * 1024 * 1024)')
      assert.equal(huge.document.errorType, 'RangeError')
    })

    it('tells apart the ways in which code cannot be loaded, and repeats it for every invocation', async () => {
      const cases: [Record<string, string>, string, string, RegExp][] = [
        [{}, 'index.handler', 'ImportModuleError', /^Module '.*\/index\.js' is missing\.$/],
        [
          { 'index.js': '' },
          'index.handler',
          'HandlerNotFound',
          /^Handler 'handler' is missing on module 'index'$/,
        ],
        [
          { 'index.js': 'exports.handler = 1' },
          'index.handler',
          'HandlerNotFound',
          /is missing on module 'index'$/,
        ],
        [{ 'index.js': '' }, 'index', 'InvalidHandlerName', /^Invalid handler 'index'$/],
        [{ 'index.js': 'exports.handler = (' }, 'index.handler', 'UserCodeSyntaxError', /Unexpected/],
        [{ 'index.mjs': 'export const handler = (' }, 'index.handler', 'UserCodeSyntaxError', /Unexpected/],
        [
          { 'index.js': 'require("./missing")' },
          'index.handler',
          'ImportModuleError',
          /Cannot find module '\.\/missing'/,
        ],
        [
          { 'index.mjs': 'import "missing-package"' },
          'index.handler',
          'ImportModuleError',
          /missing-package/,
        ],
        [{ 'index.js': 'null.x' }, 'index.handler', 'UserCodeError', /Cannot read/],
        [{ 'index.js': 'JSON.parse("{")' }, 'index.handler', 'UserCodeError', /JSON/],
        [{ 'index.js': 'throw "a text"' }, 'index.handler', 'UserCodeError', /^a text$/],
      ]
      for (const [files, handler, errorType, message] of cases) {
        const { runtime } = await bound(files, { handler })
        for (const answer of [await runtime.invoke(), await runtime.invoke()]) {
          assert.ok(answer.is === 'error' && answer.kind === 'unhandled' && !answer.fatal)
          const document = JSON.parse(answer.body.toString())
          assert.equal(document.errorType, errorType, JSON.stringify(document))
          assert.match(document.errorMessage, message)
          assert.ok(!answer.body.includes(runtimeDir), answer.body.toString())
        }
        assert.match(runtime.logOf(1), new RegExp(`^load code for handler:${handler}\n`))
        assert.doesNotMatch(runtime.logOf(2), /load code/)
      }
    })

    it('loads handlers of nested folders, ES modules, and packages of type module', async () => {
      for (const [files, handler] of [
        [{ 'src/deep/main.js': 'exports.run = async () => "yes"' }, 'src/deep/main.run'],
        [{ 'a.b.js': 'exports.run = async () => "yes"' }, 'a.b.run'],
        [{ 'index.mjs': 'export const handler = async () => "yes"' }, 'index.handler'],
        [
          { 'index.mjs': 'const answer = await "yes"; export const handler = async () => answer' },
          'index.handler',
        ],
        [{ 'index.mjs': 'export default { handler: async () => "yes" }' }, 'index.handler'],
        [{ 'index.cjs': 'exports.handler = async () => "yes"' }, 'index.handler'],
        [
          {
            'package.json': '{"type":"module"}',
            'lib/other.js': 'export const answer = "yes"',
            'index.js': 'import { answer } from "./lib/other.js"; export const handler = async () => answer',
          },
          'index.handler',
        ],
        [
          {
            'index.js': 'exports.handler = async () => (await import("./other.mjs")).answer + require("dep")',
            'other.mjs': 'export const answer = "y"',
            'node_modules/dep/index.js': 'module.exports = "es"',
          },
          'index.handler',
        ],
      ] as [Record<string, string>, string][]) {
        const { runtime } = await bound(files, { handler })
        const answer = await runtime.invoke()
        assert.equal(answer.is === 'result' ? answer.body.toString() : JSON.stringify(answer), 'yes', handler)
      }
    })

    it('finds the modules of layers', async () => {
      const optDir = codeOf({
        'nodejs/node_modules/in-layer/index.js': 'module.exports = "layer"',
        'node_modules/in-layer/index.js': 'module.exports = "the other"',
        'node_modules/flat/index.js': 'module.exports = "flat"',
      })
      const { runtime } = await bound('exports.handler = async () => require("in-layer") + require("flat")', {
        optDir,
      })
      const answer = await runtime.invoke()
      assert.ok(answer.is === 'result')
      assert.equal(answer.body.toString(), 'layerflat')
    })

    it('runs the initializer once and preStop at the end, in either form', async () => {
      for (const [initialize, preStop] of [
        [
          '(context, callback) => { state = context.requestId; callback() }',
          '(context, callback) => callback()',
        ],
        ['async (context) => { state = context.requestId }', 'async () => { console.log("bye " + state) }'],
        ['(context) => { state = context.requestId }', '() => {}'],
      ]) {
        const { runtime } = await bound(
          `let state = 'none'; exports.initialize = ${initialize}; exports.preStop = ${preStop}
          exports.handler = async () => state`,
          { initializer: 'index.initialize', preStop: 'index.preStop' },
        )
        const initialized = runtime.ask(frameType.initialize)
        const invoked = runtime.invoke()
        assert.deepEqual(await initialized, { is: 'result', body: Buffer.alloc(0) })
        assert.deepEqual(await invoked, { is: 'result', body: Buffer.from('request-1') })
        assert.deepEqual(await runtime.ask(frameType.preStop), { is: 'result', body: Buffer.alloc(0) })
        assert.match(runtime.logOf(1), /^load code for handler:index\.initialize\n/)
        assert.match(runtime.logOf(2), /^load code for handler:index\.handler\n/)
      }
    })

    it('tells when the initializer fails or does not exist', async () => {
      for (const [initialize, kind, message] of [
        [
          'exports.initialize = (context, callback) => callback(new Error("no database"))',
          'handled',
          'no database',
        ],
        ['exports.initialize = () => { throw new Error("no database") }', 'unhandled', 'no database'],
        ['', 'unhandled', "Handler 'initialize' is missing on module 'index'"],
      ]) {
        const { runtime } = await bound(initialize!, { initializer: 'index.initialize' })
        const answer = await runtime.ask(frameType.initialize)
        assert.ok(answer.is === 'error')
        assert.equal(answer.kind, kind)
        assert.equal(JSON.parse(answer.body.toString()).errorMessage, message)
      }
    })

    it('prints in the vendor’s format, each line with its invocation', async () => {
      const { runtime } = await bound(`
        console.log('loading')
        exports.handler = async (event) => {
          console.log('one\\ntwo', { a: 1 }); console.info('i'); console.warn('w'); console.error('e'); console.debug('d')
          process.stdout.write('raw '); process.stdout.write(Buffer.from('line\\nnext')); process.stderr.write('err\\n')
          console.setLogLevel('warn'); console.log('hidden'); console.error('shown %s', '函数')
          setTimeout(() => console.error('afterwards'), 1)
        }`)
      assert.equal((await runtime.invoke()).is, 'result')
      const log = runtime.logOf(1).replace(/^\S+Z /gm, 'T ')
      assert.equal(
        log,
        [
          'load code for handler:index.handler',
          'T request-1 [verbose] loading',
          'T request-1 [verbose] one\rtwo { a: 1 }',
          'T request-1 [info] i',
          'T request-1 [warn] w',
          'T request-1 [error] e',
          'T request-1 [debug] d',
          'raw line',
          'err',
          'T request-1 [error] shown 函数',
          'next',
          '',
        ].join('\n'),
      )
      assert.equal((await runtime.invoke()).is, 'result')
      await runtime.invoke()
      const background = runtime.logs.filter(({ text }) => text.includes('afterwards'))
      assert.ok(background.every(({ id, text }) => id === 0 || text.includes(`request-${id} `)))
      assert.equal(runtime.stray, '')
    })

    it('cuts lines that are too long, and does not hold back an endless one', async () => {
      const { runtime } = await bound(`exports.handler = async () => {
        console.log('x'.repeat(3_000_000))
        process.stdout.write('y'.repeat(3_000_000)); process.stdout.write('y'.repeat(3_000_000) + '\\nlast\\n')
        process.stdout.write('z'.repeat(100) + '\\n' + 'z'.repeat(3_000_000) + '\\n' + 'short\\n'.repeat(100_000))
      }`)
      assert.equal((await runtime.invoke()).is, 'result')
      const lines = runtime.logOf(1).split('\n')
      assert.ok(lines.every((line) => line.length < 40_000))
      assert.equal(lines.filter((line) => line === 'short').length, 100_000)
      assert.ok(lines.includes('last'))
    })

    it('carries large events and results, and any bytes', async () => {
      const { runtime } = await bound('exports.handler = (event, context, callback) => callback(null, event)')
      const event = Buffer.alloc(40 * 1024 * 1024)
      for (let at = 0; at < event.length; at++) event[at] = (at * 31) & 0xff
      const answer = await runtime.invoke(event)
      assert.ok(answer.is === 'result')
      assert.ok(answer.body.equals(event))
      const next = await runtime.invoke('')
      assert.ok(next.is === 'result' && next.body.length === 0)
    })

    it('ends with the function’s process.exit, after all that it had printed', async () => {
      const { runtime } = await bound(`exports.handler = () => {
        for (let n = 0; n < 20000; n++) console.log('line ' + n)
        process.stdout.write('no newline'); process.exit(7)
      }`)
      assert.deepEqual(await runtime.invoke(), { is: 'died' })
      assert.deepEqual(await runtime.exited, { code: 7, signal: null })
      assert.match(runtime.logOf(1), /line 19999\nno newline\n$/)
    })

    it('answers an exception outside of the handler as fatal, and exits', async () => {
      for (const crash of [
        'setTimeout(() => { throw new EvalError("in a timer") }, 1)',
        'Promise.reject(new EvalError("in a timer"))',
      ]) {
        const { runtime } = await bound(`exports.handler = (event, context, callback) => { ${crash} }`)
        const answer = await runtime.invoke()
        assert.ok(
          answer.is === 'error' && answer.fatal && answer.kind === 'unhandled',
          JSON.stringify(answer),
        )
        const document = JSON.parse(answer.body.toString())
        assert.deepEqual([document.errorMessage, document.errorType], ['in a timer', 'EvalError'])
        assert.equal((await runtime.exited).code, 1)
      }
    })

    it('keeps the answer of an invocation after which the function crashes', async () => {
      const { runtime } = await bound(`exports.handler = (event, context, callback) => {
        setTimeout(() => { callback(null, 'fine'); throw new Error('afterwards') }, 1)
      }`)
      assert.deepEqual(await runtime.invoke(), { is: 'result', body: Buffer.from('fine') })
      assert.equal((await runtime.exited).code, 1)
      assert.match(runtime.logOf(0), /\[error\] .*"errorMessage":"afterwards"/)
    })

    it('lets a function handle its own uncaught exceptions', async () => {
      const { runtime } = await bound(`exports.handler = (event, context, callback) => {
        process.once('uncaughtException', (error) => callback(null, 'caught ' + error.message))
        setTimeout(() => { throw new Error('x') }, 1)
      }`)
      assert.deepEqual(await runtime.invoke(), { is: 'result', body: Buffer.from('caught x') })
    })

    it('holds back a function that prints faster than the platform reads, without growing', async () => {
      const { runtime } = await bound(`exports.handler = async () => {
        const line = 'x'.repeat(1000)
        for (let n = 0; n < 100_000; n++) console.log(line)
        return String(process.memoryUsage().rss)
      }`)
      runtime.channel.pause()
      const answer = runtime.invoke()
      // Gives the function the time to fill whatever there is to fill.
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
      runtime.channel.resume()
      const settled = await answer
      assert.ok(settled.is === 'result')
      assert.ok(Number(settled.body.toString()) < 150 * 1024 * 1024, settled.body.toString())
      assert.equal(runtime.logs.filter(({ id }) => id === 1).length, 100_001)
    })

    it('shows a clean process to the function', async () => {
      const { runtime, codeDir } = await bound(
        `exports.handler = async () => ({
          argv: process.argv.slice(1), main: typeof require.main, cwd: process.cwd(), cache: Object.keys(require.cache),
          variables: Object.keys(process.env).filter((name) => /HANSHU|^MY|ALIBABA/.test(name)),
          mine: process.env.MY_VARIABLE, key: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
        })`,
        { env: { MY_VARIABLE: '函数' } },
      )
      const answer = await runtime.invoke('', {
        credentials: { accessKeyId: 'id', accessKeySecret: 's', securityToken: 't' },
      })
      assert.ok(answer.is === 'result')
      const seen = JSON.parse(answer.body.toString())
      assert.deepEqual(seen.argv, [join(codeDir, 'index.js')])
      assert.deepEqual(seen.cache, [join(codeDir, 'index.js')])
      assert.equal(seen.main, 'undefined')
      assert.equal(seen.cwd, codeDir)
      assert.equal(seen.mine, '函数')
      assert.equal(seen.key, 'id')
      assert.ok(!seen.variables.some((name: string) => name.startsWith('HANSHU')))
    })

    it('does not give the channel to the function’s child processes', async () => {
      const { runtime } = await bound(`exports.handler = async () => require('child_process')
        .execFileSync('/bin/sh', ['-c', 'if [ -e /proc/self/fd/3 ]; then readlink /proc/self/fd/3; else echo closed; fi']).toString()`)
      const answer = await runtime.invoke()
      assert.ok(answer.is === 'result')
      assert.equal(answer.body.toString(), 'closed\n')
    })

    it('warms itself up without leaving a trace', async () => {
      const runtime = await boot({ HANSHU_PRELOAD: '1' })
      const warmed = await Promise.all([1, 2, 3].map(() => runtime.ask(frameType.warm, '{}')))
      assert.ok(warmed.every(({ is }) => is === 'result'))
      assert.deepEqual(runtime.logs, [])
      const codeDir = codeOf({
        'index.js':
          'exports.handler = async () => ({ env: process.env.HANSHU_PRELOAD, cache: Object.keys(require.cache) })',
      })
      runtime.bind({ codeDir, runtime: `nodejs${major}` })
      const answer = await runtime.invoke()
      assert.ok(answer.is === 'result')
      assert.deepEqual(JSON.parse(answer.body.toString()), { cache: [join(codeDir, 'index.js')] })
    })

    it('exits when the channel ends, and when it is spoken to in another protocol', async () => {
      const ended = await boot()
      ended.channel.end()
      assert.equal((await ended.exited).code, 0)
      for (const bytes of [
        Buffer.alloc(20),
        encodeFrame(frameType.ready, 0),
        encodeFrame(frameType.invoke, 1, Buffer.alloc(4)),
      ]) {
        const confused = await boot()
        confused.send(bytes)
        assert.equal((await confused.exited).code, 1)
      }
    })
  })
}

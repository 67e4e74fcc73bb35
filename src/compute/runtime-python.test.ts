import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { encodeFrame, frameType } from './frames.ts'
import { loadRuntimeCatalog, runtimeArgv } from './runtime-catalog.ts'
import { RuntimeUnderTest } from './runtime-under-test.ts'

const definition = loadRuntimeCatalog(fileURLToPath(new URL('../../runtimes', import.meta.url))).get(
  'python3',
)!

/** The machine's interpreter, and others to try by hand: HANSHU_TEST_PYTHONS=/path/to/python3.9:/path/to/python3.13 */
const pythons = [
  ...(definition.binary.kind === 'system' ? definition.binary.candidates : [])
    .filter((file) => existsSync(file))
    .slice(0, 1),
  ...(process.env['HANSHU_TEST_PYTHONS'] ?? '').split(':').filter(Boolean),
]

const temporary = mkdtempSync(join(tmpdir(), 'hanshu-python-'))
after(() => rmSync(temporary, { recursive: true, force: true }))

function codeOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(temporary, 'code-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

describe('the Python runtime', { skip: pythons.length === 0 && 'this machine has no python3' }, () => {
  for (const python of pythons) {
    const version = execFileSync(python, ['-c', 'import sys; print("python%d.%d" % sys.version_info[:2])'], {
      encoding: 'utf8',
    }).trim()

    describe(`on ${version}`, () => {
      const running: RuntimeUnderTest[] = []
      afterEach(async () => {
        for (const runtime of running.splice(0)) await runtime.stop()
      })

      async function boot(): Promise<RuntimeUnderTest> {
        const argv = runtimeArgv(definition, { binary: python, filesDir: definition.files.source })
        const runtime = new RuntimeUnderTest(argv)
        running.push(runtime)
        await runtime.ready
        return runtime
      }

      async function bound(files: Record<string, string> | string, settings: Record<string, unknown> = {}) {
        const codeDir = codeOf(typeof files === 'string' ? { 'index.py': files } : files)
        const runtime = await boot()
        runtime.bind({ codeDir, runtime: 'python3.10', ...settings })
        return { runtime, codeDir }
      }

      it('answers with what a handler returns', async () => {
        for (const [returned, expected] of [
          ["'hello ' + event.decode()", 'hello event'],
          ['event + bytes([0x21])', 'event!'],
          ['type(event).__name__', 'bytes'],
          ["{'b': 1, 'a': [True, None, 1.5]}", '{"a":[true,null,1.5],"b":1}'],
          ["{1: 'x', 'y': 2}", '{"1":"x","y":2}'],
          ['None', 'null'],
          ['42', '42'],
          ["['函数']", '["函数"]'],
          ["'函数'", '函数'],
          ["bytearray(b'hi')", 'hi'],
          ["__import__('decimal').Decimal('1.5')", '1.5'],
          ["__import__('datetime').date(2024, 1, 2)", '"2024-01-02"'],
        ]) {
          const { runtime } = await bound(`def handler(event, context):\n    return ${returned}\n`)
          const answer = await runtime.invoke('event')
          assert.ok(answer.is === 'result', `${returned}: ${JSON.stringify(answer)}`)
          const text = answer.body.toString()
          // JSON is laid out with indent 4 and sorted keys; what it says is what counts here.
          assert.equal(/^[[{"]/.test(expected!) ? JSON.stringify(JSON.parse(text)) : text, expected, returned)
        }
      })

      it('gives the context of the contract, by both kinds of names', async () => {
        const { runtime } = await bound(
          `import json, os
def handler(event, context):
    context.logger.warning('from the logger')
    repr(context)
    return json.dumps([
        context.request_id, context.requestId, context.credentials.access_key_id, context.credentials.accessKeySecret,
        context.credentials.security_token, context.function.name, context.function.handler, context.function.memory,
        context.function.timeout, context.function.initializer, context.service.name, context.service.log_project,
        context.service.logStore, context.service.qualifier, context.service.version_id, context.region,
        context.account_id, context.accountId, context.retry_count, context.tracing.span_context,
        context.tracing.span_baggages, context.tracing.jaeger_endpoint, os.environ['ALIBABA_CLOUD_ACCESS_KEY_ID'],
    ])`,
          { initializer: 'index.initialize', logProject: 'p', logStore: 's', versionId: '7' },
        )
        const credentials = { accessKeyId: 'STS.id', accessKeySecret: 'secret', securityToken: 'token' }
        const answer = await runtime.invoke('', { requestId: '1-2-3', retryCount: 2, credentials })
        assert.ok(answer.is === 'result', JSON.stringify(answer.is === 'error' && answer.body.toString()))
        assert.deepEqual(JSON.parse(answer.body.toString()), [
          ...[
            '1-2-3',
            '1-2-3',
            'STS.id',
            'secret',
            'token',
            'hello',
            'index.handler',
            512,
            3,
            'index.initialize',
            '',
          ],
          ...[
            'p',
            's',
            'LATEST',
            '7',
            'cn-hangzhou',
            '1234567890123456',
            '1234567890123456',
            2,
            '',
            {},
            '',
            'STS.id',
          ],
        ])
        assert.match(
          runtime.logOf(1),
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 1-2-3 \[WARNING\] from the logger\n$/,
        )
      })

      it('keeps credentials out of the context of python3.12, but in the environment', async () => {
        const { runtime } = await bound(
          `import os
def handler(event, context):
    return '%s %s' % (hasattr(context, 'credentials'), os.environ['ALIBABA_CLOUD_SECURITY_TOKEN'])`,
          { runtime: 'python3.12' },
        )
        const credentials = { accessKeyId: 'i', accessKeySecret: 's', securityToken: 'token' }
        const answer = await runtime.invoke('', { credentials })
        assert.deepEqual(answer, { is: 'result', body: Buffer.from('False token') })
      })

      it('answers an exception with its message, type and stack, and goes on', async () => {
        const { runtime, codeDir } = await bound(`def inner():
    raise ValueError('no, really')

def handler(event, context):
    if event: inner()
    return 'fine'`)
        const answer = await runtime.invoke('x')
        assert.ok(answer.is === 'error' && answer.kind === 'unhandled' && !answer.fatal)
        assert.deepEqual(JSON.parse(answer.body.toString()), {
          errorMessage: 'no, really',
          errorType: 'ValueError',
          stackTrace: [
            [`File "${join(codeDir, 'index.py')}"`, 'line 5', 'in handler', 'if event: inner()'],
            [`File "${join(codeDir, 'index.py')}"`, 'line 2', 'in inner', "raise ValueError('no, really')"],
          ],
        })
        assert.ok(answer.body.toString().startsWith('{\n    "errorMessage": "no, really",\n    "errorType"'))
        assert.match(runtime.logOf(1), /request-1 \[ERROR\] \{\n {4}"errorMessage": "no, really"/)
        assert.deepEqual(await runtime.invoke(), { is: 'result', body: Buffer.from('fine') })
      })

      it('tells when a result is not JSON', async () => {
        const { runtime } = await bound('def handler(event, context):\n    return object()')
        const answer = await runtime.invoke()
        assert.ok(answer.is === 'error')
        assert.match(JSON.parse(answer.body.toString()).errorMessage, /is not JSON serializable$/)
      })

      it('tells apart the ways in which code cannot be loaded, and repeats it for every invocation', async () => {
        const cases: [Record<string, string>, string, string, string][] = [
          [{}, 'index.handler', 'ImportModuleError', "Unable to import module 'index'"],
          [
            { 'index.py': 'import missing' },
            'index.handler',
            'ImportModuleError',
            "Unable to import module 'index'",
          ],
          [
            { 'index.py': 'def handler(:' },
            'index.handler',
            'UserCodeSyntaxError',
            "Syntax error in module 'index'",
          ],
          [
            { 'index.py': '' },
            'index.handler',
            'HandlerNotFound',
            "Handler 'handler' is missing on module 'index'",
          ],
          [
            { 'index.py': '1 / 0' },
            'index.handler',
            'UserCodeError',
            "Module initialization error: 'division by zero'",
          ],
          [{ 'index.py': '' }, 'index', 'InvalidHandleName', "Invalid handler 'index'"],
          [{}, 'folder/index.handler', 'ImportModuleError', "Unable to import module 'folder/index'"],
        ]
        for (const [files, handler, errorType, errorMessage] of cases) {
          const { runtime } = await bound(files, { handler })
          for (const answer of [await runtime.invoke(), await runtime.invoke()]) {
            assert.ok(answer.is === 'error' && answer.kind === 'unhandled' && !answer.fatal)
            const document = JSON.parse(answer.body.toString())
            assert.deepEqual([document.errorType, document.errorMessage], [errorType, errorMessage])
          }
        }
        const { runtime, codeDir } = await bound('x = 1\ndef handler(:\n')
        const answer = await runtime.invoke()
        assert.ok(answer.is === 'error')
        const { stackTrace } = JSON.parse(answer.body.toString())
        assert.deepEqual(stackTrace.slice(0, 3), [
          `File "${join(codeDir, 'index.py')}"`,
          'line 2',
          'def handler(:',
        ])
        assert.match(stackTrace[3], /^SyntaxError: /)
      })

      it('loads handlers of folders and packages, and the function’s own file before the library’s', async () => {
        for (const [files, handler] of [
          [{ 'src/deep/main.py': 'def run(e, c): return "yes"' }, 'src/deep/main.run'],
          [
            {
              'pkg/__init__.py': '',
              'pkg/main.py': 'from . import other\ndef run(e, c): return other.answer',
              'pkg/other.py': 'answer = "yes"',
            },
            'pkg.main.run',
          ],
          [{ 'json.py': 'def run(e, c): return "yes"' }, 'json.run'],
          [{ 'bootstrap.py': 'def run(e, c): return "yes"' }, 'bootstrap.run'],
          [
            {
              'index.py': 'import helper\ndef run(e, c): return helper.answer',
              'helper.py': 'answer = "yes"',
            },
            'index.run',
          ],
          [{ 'index/__init__.py': 'def run(e, c): return "yes"' }, 'index.run'],
        ] as [Record<string, string>, string][]) {
          const { runtime } = await bound(files, { handler })
          const answer = await runtime.invoke()
          assert.equal(
            answer.is === 'result' ? answer.body.toString() : JSON.stringify(answer),
            'yes',
            handler,
          )
        }
      })

      it('finds the modules of layers', async () => {
        const optDir = codeOf({
          [`python/lib/${version}/site-packages/first.py`]: 'answer = "first"',
          'python/first.py': 'answer = "the other"',
          'python/second.py': 'answer = "second"',
        })
        const { runtime } = await bound(
          'import first, second\ndef handler(e, c): return first.answer + second.answer',
          {
            optDir,
          },
        )
        assert.deepEqual(await runtime.invoke(), { is: 'result', body: Buffer.from('firstsecond') })
      })

      it('runs the initializer and preStop', async () => {
        const { runtime } = await bound(
          `state = []
def initialize(context): state.append(context.request_id)
def pre_stop(context): print('bye', state)
def handler(event, context): return state`,
          { initializer: 'index.initialize', preStop: 'index.pre_stop' },
        )
        const initialized = runtime.ask(frameType.initialize)
        const invoked = runtime.invoke()
        assert.deepEqual(await initialized, { is: 'result', body: Buffer.alloc(0) })
        const answer = await invoked
        assert.ok(answer.is === 'result')
        assert.deepEqual(JSON.parse(answer.body.toString()), ['request-1'])
        assert.deepEqual(await runtime.ask(frameType.preStop), { is: 'result', body: Buffer.alloc(0) })
        assert.equal(runtime.logOf(3), "bye ['request-1']\n")
      })

      it('prints and logs lines with their invocation', async () => {
        const { runtime } = await bound(`import logging, sys, threading
print('loading')
def handler(event, context):
    logging.getLogger().info('logged %s', '函数')
    logging.getLogger('other').debug('hidden')
    print('a', 1)
    print('raw', end=' ')
    sys.stdout.buffer.write(b'bytes\\n')
    sys.stderr.write('no newline')
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start(); thread.join()
`)
        assert.equal((await runtime.invoke()).is, 'result')
        const log = runtime.logOf(1).replace(/^\S+Z /gm, 'T ')
        assert.ok(log.startsWith('loading\nT request-1 [INFO] logged 函数\na 1\nraw bytes\n'), log)
        assert.match(log, /ZeroDivisionError: division by zero\n/)
        assert.equal(runtime.logOf(0), 'FunctionCompute python3 runtime inited.\n')
        assert.equal(runtime.stray, '')
      })

      it('carries large events and results, and any bytes', async () => {
        const { runtime } = await bound('def handler(event, context): return event')
        const event = Buffer.alloc(40 * 1024 * 1024)
        for (let at = 0; at < event.length; at++) event[at] = (at * 31) & 0xff
        const answer = await runtime.invoke(event)
        assert.ok(answer.is === 'result')
        assert.ok(answer.body.equals(event))
      })

      it('ends with the function, after all that it had printed', async () => {
        for (const [ending, code] of [
          ['sys.exit(3)', 3],
          ['sys.exit()', 0],
          ['exit(4)', 4],
          ['os._exit(5)', 5],
          ["sys.exit('a reason')", 1],
        ] as const) {
          const { runtime } = await bound(`import os, sys
def handler(event, context):
    for n in range(20000): print('line', n)
    ${ending}`)
          assert.deepEqual(await runtime.invoke(), { is: 'died' })
          assert.deepEqual(await runtime.exited, { code, signal: null }, ending)
          assert.match(runtime.logOf(1), /line 19999\n/)
        }
      })

      it('does not wait for the threads of a function that exits', async () => {
        const { runtime } = await bound(`import sys, threading, time
def handler(event, context):
    threading.Thread(target=lambda: time.sleep(600)).start()
    sys.exit(2)`)
        assert.deepEqual(await runtime.invoke(), { is: 'died' })
        assert.equal((await runtime.exited).code, 2)
      })

      it('keeps child processes out of the conversation', async () => {
        const { runtime } = await bound(`import os, subprocess, sys
def handler(event, context):
    child = os.fork()
    if child == 0:
        print('from the fork', flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    subprocess.run(['/bin/sh', '-c', 'echo from the shell'], stdout=sys.stdout)
    return subprocess.run(['/bin/sh', '-c', 'if [ -e /proc/self/fd/3 ]; then echo open; else echo closed; fi'],
                          stdout=subprocess.PIPE, close_fds=False).stdout`)
        assert.deepEqual(await runtime.invoke(), { is: 'result', body: Buffer.from('closed\n') })
        assert.equal(runtime.logOf(1), '')
        await runtime.stop()
        assert.equal(runtime.stray, 'from the fork\nfrom the shell\n')
      })

      it('holds back a function that prints faster than the platform reads', async () => {
        const { runtime } = await bound(`def handler(event, context):
    for n in range(100000): print('x' * 1000)
    with open('/proc/self/status') as status:
        return next(line for line in status if line.startswith('VmHWM')).split()[1]`)
        runtime.channel.pause()
        const answer = runtime.invoke()
        // Gives the function the time to fill whatever there is to fill.
        for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
        runtime.channel.resume()
        const settled = await answer
        assert.ok(settled.is === 'result')
        assert.ok(Number(settled.body.toString()) < 100 * 1024, `${settled.body} KiB`)
      })

      it('warms itself up without a trace, and exits with the channel or on another protocol', async () => {
        const warmed = await boot()
        const answers = await Promise.all([warmed.ask(frameType.warm, 'x'), warmed.ask(frameType.warm, 'x')])
        assert.ok(answers.every(({ is }) => is === 'result'))
        assert.deepEqual(warmed.logs, [])
        warmed.channel.end()
        assert.equal((await warmed.exited).code, 0)
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

      it('leaves no files in the code folder, and keeps compiled modules where it is told', async () => {
        const files = { 'index.py': 'import helper\ndef handler(e, c): return "ok"', 'helper.py': '' }
        const plain = await bound(files)
        assert.equal((await plain.runtime.invoke()).is, 'result')
        assert.ok(!existsSync(join(plain.codeDir, '__pycache__')))
        const compileCacheDir = codeOf({})
        const cached = await bound(files, { compileCacheDir })
        assert.equal((await cached.runtime.invoke()).is, 'result')
        assert.ok(!existsSync(join(cached.codeDir, '__pycache__')))
        assert.ok(existsSync(join(compileCacheDir, cached.codeDir)))
      })
    })
  }
})

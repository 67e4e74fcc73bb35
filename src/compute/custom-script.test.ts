import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { type CustomStart, customStartScript, encodeStart } from './custom-script.ts'

const startSh = fileURLToPath(new URL('../../runtimes/custom/start.sh', import.meta.url))
const shells = ['/bin/dash', '/bin/bash', '/bin/sh'].filter((shell) => existsSync(shell))

const codeDir = mkdtempSync(join(tmpdir(), "hanshu's code-"))
after(() => rmSync(codeDir, { recursive: true, force: true }))

function program(name: string, text: string, mode = 0o755): string {
  const file = join(codeDir, name)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Starts the waiting program as a sandbox does, and hands it `bytes` on file descriptor 3. */
function run(shell: string, bytes: Buffer, pieces: number = 1): Promise<Ended> {
  const child = spawn(shell, [startSh], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: '/',
  })
  const channel = child.stdio[3] as Writable
  channel.on('error', () => {})
  const size = Math.ceil(bytes.length / pieces)
  for (let at = 0; at < bytes.length; at += size) channel.write(bytes.subarray(at, at + size))
  let stdout = ''
  let stderr = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
}

const start = (shell: string, options: Partial<CustomStart>) =>
  run(shell, encodeStart(customStartScript({ env: {}, codeDir, command: [], args: [], ...options })))

/** Anything an environment or an argument can hold: no NUL, and no half of a surrogate pair. */
const anyText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          "'",
          '"',
          '\\',
          '\n',
          '$',
          '`',
          '$(id)',
          `\${x}`,
          ' ',
          '*',
          '!',
          '~',
          '\r',
          '函',
          '-n',
          ';',
          '&',
        ),
        {
          maxLength: 12,
        },
      )
      .map((parts) => parts.join('')),
  )
  .map((text) => text.replaceAll('\0', '').toWellFormed())

const anyName = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/),
    fc.constantFrom(
      'UID',
      'PPID',
      'IFS',
      'OPTIND',
      'LC_ALL',
      'BASHOPTS',
      'PS4',
      'with.dot',
      'with-dash',
      'PWD',
      'ENV',
    ),
  )
  .filter((name) => name !== 'PATH' && name !== '_')

for (const shell of shells) {
  describe(`the waiting program of custom runtimes under ${shell}`, () => {
    it('passes on any environment and any arguments as they are', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(anyName, anyText, { maxKeys: 6, noNullPrototype: true }),
          fc.array(anyText, { maxLength: 5 }),
          async (env, args) => {
            const printed = await start(shell, {
              command: ['/usr/bin/printf', '%s\\0'],
              args: [...args, 'end'],
            })
            assert.equal(printed.stderr, '')
            assert.deepEqual(printed.stdout.split('\0').slice(0, -1), [...args, 'end'])

            const listed = await start(shell, { env, command: ['env'], args: ['-0'] })
            assert.equal(listed.stderr, '')
            const pairs = listed.stdout
              .split('\0')
              .map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)])
            const found = Object.fromEntries(pairs)
            for (const [name, value] of Object.entries(env)) assert.equal(found[name], value, name)
          },
        ),
        { numRuns: 25 },
      )
    })

    it('starts bootstrap of the code in the code folder, in place of the shell', async () => {
      program('bootstrap', '#!/bin/sh\necho "$PPID $$ $PWD $*"\n')
      const ended = await start(shell, { args: ['one', 'two words'] })
      assert.equal(ended.code, 0)
      assert.equal(ended.stderr, '')
      const [parent, , ...rest] = ended.stdout.trimEnd().split(' ')
      assert.equal(Number(parent), process.pid)
      assert.equal(rest.join(' '), `${codeDir} one two words`)
    })

    it('takes the channel away from the program', async () => {
      program('descriptors', '#!/bin/sh\nif [ -e /proc/self/fd/3 ]; then echo open; else echo closed; fi\n')
      assert.equal((await start(shell, { command: ['./descriptors'] })).stdout, 'closed\n')
    })

    it('finds a relative command from the code folder, and a name by PATH, then in the code', async () => {
      mkdirSync(join(codeDir, 'bin'), { recursive: true })
      program('bin/tool', '#!/bin/sh\necho tool of the code\n')
      program('only-here', '#!/bin/sh\necho only here\n')
      assert.equal((await start(shell, { command: ['bin/tool'] })).stdout, 'tool of the code\n')
      assert.equal((await start(shell, { command: ['only-here'] })).stdout, 'only here\n')
      const path = `${join(codeDir, 'bin')}:/usr/bin:/bin`
      assert.equal(
        (await start(shell, { env: { PATH: path }, command: ['tool'] })).stdout,
        'tool of the code\n',
      )
      assert.equal((await start(shell, { command: ['echo'], args: ['-n', 'x'] })).stdout, 'x')
    })

    it('exits with what the program exits with', async () => {
      program('fails', '#!/bin/sh\nexit 42\n')
      assert.equal((await start(shell, { command: ['./fails'] })).code, 42)
    })

    for (const [what, prepare, command, code, words] of [
      ['is missing', () => {}, ['./missing'], 127, 'no such file'],
      ['is not found by name', () => {}, ['no-such-command'], 127, 'no such file'],
      [
        'is a folder',
        () => mkdirSync(join(codeDir, 'folder'), { recursive: true }),
        ['./folder'],
        126,
        'not a file',
      ],
      ['has no execute bit', () => program('plain', '#!/bin/sh\n', 0o644), ['./plain'], 126, 'execute bit'],
      [
        'names no interpreter that exists',
        () => program('crlf', '#!/bin/sh\r\necho\r\n'),
        ['./crlf'],
        127,
        'CR LF',
      ],
      [
        'is for another machine',
        () => program('alien', '\x7fELF\x02\x01\x01\0\0\0'),
        ['./alien'],
        126,
        'cannot be executed',
      ],
    ] as const) {
      it(`says so when the program ${what}`, async () => {
        prepare()
        const ended = await start(shell, { command: [...command] })
        assert.equal(ended.code, code, ended.stderr)
        assert.match(ended.stderr, new RegExp(`cannot start .*${words}`))
      })
    }

    it('waits for the whole script however it comes', async () => {
      const script = customStartScript({
        env: { LONG: '函数'.repeat(20_000) },
        codeDir,
        command: ['/usr/bin/printenv', 'LONG'],
        args: [],
      })
      const ended = await run(shell, encodeStart(script), 50)
      assert.equal(ended.stdout, `${'函数'.repeat(20_000)}\n`)
    })

    it('goes quietly when the platform gives it no function', async () => {
      const child = spawn(shell, [startSh], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
      ;(child.stdio[3] as Writable).end()
      const code = await new Promise((resolve) => child.once('close', resolve))
      assert.equal(code, 0)
    })
  })
}

describe('customStartScript', () => {
  it('refuses what no program can be given', () => {
    const base = { env: {}, codeDir: '/code', command: [], args: [] }
    assert.throws(() => customStartScript({ ...base, env: { 'A=B': '' } }), /no environment/)
    assert.throws(() => customStartScript({ ...base, env: { A: 'x\0y' } }), /NUL/)
    assert.throws(() => customStartScript({ ...base, args: ['\0'] }), /NUL/)
    assert.throws(() => customStartScript({ ...base, command: [''] }), /empty word/)
  })
})

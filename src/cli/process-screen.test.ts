import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { ReadStream, WriteStream } from 'node:tty'
import { processScreen } from './process-screen.ts'

function terminal() {
  const input = Object.assign(new PassThrough(), {
    isRaw: false,
    setRawMode(raw: boolean) {
      input.isRaw = raw
    },
  })
  const output = Object.assign(new PassThrough(), { columns: 80, rows: 24 })
  let interrupts = 0
  const listeners = () => ['exit', 'SIGHUP', 'SIGCONT'].map((name) => process.listenerCount(name))
  const screen = processScreen(
    input as unknown as ReadStream,
    output as unknown as WriteStream,
    () => void interrupts++,
  )
  return {
    input,
    screen,
    interrupts: () => interrupts,
    written: () => String(output.read() ?? ''),
    listeners,
  }
}

test('the terminal is as it was before, and nothing of ours listens, once the screen is left', () => {
  const before = ['exit', 'SIGHUP', 'SIGCONT'].map((name) => process.listenerCount(name))
  const { input, screen, written, listeners } = terminal()
  assert.equal(input.isRaw, true)
  assert.match(written(), /\x1b\[\?1049h\x1b\[\?25l/, 'the other screen, no cursor')
  screen.draw(['one', 'two'])
  assert.equal(written(), '\x1b[H\x1b[Kone\r\n\x1b[Ktwo')
  screen.leave()
  assert.match(written(), /\x1b\[\?25h\x1b\[\?1049l$/)
  assert.equal(input.isRaw, false)
  assert.equal(input.isPaused(), true)
  screen.leave()
  assert.equal(written(), '', 'once is enough')
  assert.deepEqual(listeners(), before)
})

test('a process that ends without leaving it restores the terminal all the same', () => {
  const { input, screen, written } = terminal()
  written()
  const restore = process.listeners('exit').at(-1) as () => void
  restore()
  assert.match(written(), /\x1b\[\?1049l$/)
  assert.equal(input.isRaw, false)
  screen.leave()
})

test('keys come one by one; Ctrl-C interrupts, and arrows are nothing', async () => {
  const { input, screen, interrupts } = terminal()
  const keys: string[] = []
  screen.onKey((key) => keys.push(key))
  for (const bytes of ['eq', '\x1b[A', '\x03']) {
    input.write(bytes)
    await new Promise(setImmediate)
  }
  assert.deepEqual(keys, ['e', 'q'])
  assert.equal(interrupts(), 1)
  screen.leave()
})

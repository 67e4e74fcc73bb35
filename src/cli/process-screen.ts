/** The terminal of this process as a screen to draw on: the alternate one, which leaves no trace on the other. */
import type { ReadStream, WriteStream } from 'node:tty'
import type { Screen } from './terminal.ts'

const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'

/** `interrupted` is called for Ctrl-C, which is a character like any other here, and when the terminal is closed. */
export function processScreen(input: ReadStream, output: WriteStream, interrupted: () => void): Screen {
  let isLeft = false
  const keyListeners: ((key: string) => void)[] = []
  const resizeListeners: (() => void)[] = []
  const onData = (bytes: Buffer) => {
    const text = bytes.toString()
    // Arrow keys and their kin come as one piece that begins by an escape.
    if (text.startsWith('\u001b')) return
    for (const key of text) {
      if (key === '\u0003') interrupted()
      else for (const listener of keyListeners) listener(key)
    }
  }
  const onResize = () => {
    output.write('\u001b[2J')
    for (const listener of resizeListeners) listener()
  }
  /** Came back after it was stopped; the shell has used the terminal meanwhile. */
  const onContinue = () => {
    input.setRawMode(true)
    output.write(enter)
    onResize()
  }
  const restore = () => {
    if (isLeft) return
    isLeft = true
    output.write(leave)
    input.setRawMode(false)
  }
  // However the process ends, but by SIGKILL.
  process.on('exit', restore)
  process.on('SIGHUP', interrupted)
  process.on('SIGCONT', onContinue)
  output.on('resize', onResize)
  input.setRawMode(true)
  input.on('data', onData)
  output.write(enter)
  return {
    get columns() {
      return output.columns || 80
    },
    get rows() {
      return output.rows || 24
    },
    // Over what is there: nothing flickers. Each line is cleared before: after a full one that would take its last character.
    draw: (lines) => void output.write(`\u001b[H${lines.map((line) => `\u001b[K${line}`).join('\r\n')}`),
    onKey: (listener) => void keyListeners.push(listener),
    onResize: (listener) => void resizeListeners.push(listener),
    leave() {
      restore()
      process.off('exit', restore)
      process.off('SIGHUP', interrupted)
      process.off('SIGCONT', onContinue)
      output.off('resize', onResize)
      input.off('data', onData)
      input.pause()
    },
  }
}

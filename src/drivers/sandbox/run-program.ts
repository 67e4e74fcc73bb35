import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'

const OUTPUT_MAX = 4_000_000

/** Runs a program to its end and resolves with its standard output; rejects with what it said when it fails. */
export function runProgram(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    // Ctrl-C in the terminal must not end it before the platform has cleaned up with it.
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (out.length < OUTPUT_MAX) out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (err.length < OUTPUT_MAX) err += text
    })
    child.stdin.on('error', () => {}) // a program that does not read its input still has an exit code
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out)
      else
        reject(
          new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}: ${err.trim() || out.trim()}`),
        )
    })
    child.stdin.end(input)
  })
}

/** The path of a program in the usual folders of a system, also when PATH lacks the ones for administrators. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = new Set([
    ...['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'],
    ...(process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')),
  ])
  for (const folder of folders) {
    const path = `${folder}/${name}`
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return undefined
}

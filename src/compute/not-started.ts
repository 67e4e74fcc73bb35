import { getSystemErrorMessage } from 'node:util'
import type { Refusal } from '../ports/invocation.ts'

/** The program of a custom runtime did not come to serve. */
export class NotStarted extends Error {
  readonly refusal: Extract<Refusal, { outcome: 'notStarted' }>

  constructor(code: Extract<Refusal, { outcome: 'notStarted' }>['code'], message: string) {
    super(message)
    this.name = 'NotStarted'
    this.refusal = { outcome: 'notStarted', code, message }
  }
}

/** What `runtimes/custom/start.sh` says when it finds that a program cannot be started. */
const cannotStart = /^cannot start (.+): (.+)$/m

/** Words an exit before the program listened, as the vendor does: with the text of the error number equal to the exit code. */
export function exitedBeforeServing({
  code,
  signal,
  command,
  log,
}: {
  code: number | null
  signal: string | null
  command: string
  log: string
}): NotStarted {
  const [, program, why] = (code === 126 || code === 127 ? cannotStart.exec(log) : null) ?? []
  if (program !== undefined && why === 'no such file') {
    return new NotStarted(
      'CAFileNotFound',
      `The function cannot be started. Failed to start function instance. Error: the file ${program} is not exist`,
    )
  }
  if (program !== undefined) {
    return new NotStarted('CAFilePermission', `The function cannot be started. fork/exec ${program}: ${why}`)
  }
  const status =
    code === null ? `signal ${signal}` : code === 0 ? 'code 0' : `code ${code}, message:${errorText(code)}`
  return new NotStarted(
    'CAExited',
    `Function instance exited unexpectedly(${status}) with start command '${command}'.\nLogs:${log.trimEnd()}`,
  )
}

export const notListening = ({
  port,
  timeoutMs,
  log,
}: {
  port: number
  timeoutMs: number
  log: string
}): NotStarted =>
  new NotStarted(
    'FunctionNotStarted',
    `Function instance health check failed on port ${port} in ${timeoutMs / 1000} seconds.\nLogs:${log.trimEnd()}`,
  )

/** Error numbers that Node.js has no text for, and that shells use as exit codes. */
const moreTexts: Record<number, string> = { 126: 'required key not available', 127: 'key has expired' }

function errorText(code: number): string {
  const text = moreTexts[code] ?? getSystemErrorMessage(-code) ?? 'unknown error'
  return text.startsWith('Unknown system error') ? 'unknown error' : text
}

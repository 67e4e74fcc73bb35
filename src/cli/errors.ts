/** The command was typed wrongly: exit code 2. The message says what to type. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The command could not do it: exit code 1. The message is for a tired user: what failed, and what to do about it. */
export class CommandFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandFailed'
  }
}

/** The platform refused. */
export class PlatformRefused extends CommandFailed {
  readonly status: number
  readonly code: string

  constructor({ status, code, message, requestId }: Refusal) {
    super(`${code}: ${message}${requestId ? ` (request ${requestId})` : ''}`)
    this.name = 'PlatformRefused'
    this.status = status
    this.code = code
  }
}

interface Refusal {
  status: number
  code: string
  message: string
  requestId?: string
}

/**
 * An answer that is an error: the caller did something the product refuses, or the product cannot do it now.
 * `code` and `message` are wire contract (SDKs branch on `code`); each product renders them in its own format.
 * Anything else that is thrown is a defect of ours and is answered as an internal error.
 */
export class ApiError extends Error {
  readonly code: string
  readonly status: number
  readonly details: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: string,
    status: number,
    message: string,
    details: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.details = details
    this.headers = headers
  }
}

/** What a client is told of an error that is not its own. A full disk is named: it is the operator's to make room. */
export const unexpectedError = (error: unknown): ApiError =>
  new ApiError(
    'InternalServerError',
    500,
    (error as { code?: unknown } | undefined)?.code === 'ENOSPC'
      ? 'There is no space left on the disk of the platform.'
      : 'An internal error has occurred. Please retry.',
  )

/**
 * Calls of the API with the token of whoever is signed in. Addresses are relative to the folder that the page is in, so that
 * all works below a prefix, too. A refusal is an `ApiFailure` with the code of the README; one that no answer came for has
 * the code `Unreachable`.
 */

export class ApiFailure extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ApiFailure'
    this.code = code
    this.status = status
  }
}

export interface Api {
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  /** The address of a path of the API. */
  address(path: string): string
  token(): string | undefined
  /** How far the server's clock is ahead of this one, as far as its answers say so. */
  clockAheadMs(): number
}

/** Longer than the longest that the API thinks about an answer; a phone that hangs is told so. */
const ANSWER_MS_MAX = 15_000
/** Below it, what the clocks differ by is the way of the answer and the second that its date is rounded to. */
const SKEW_MS_MIN = 3_000

export interface ApiSurroundings {
  fetch: typeof fetch
  /** The folder of the page, with a slash at its end. */
  base: string
  token: () => string | undefined
  nowMs: () => number
}

export function apiAt({ fetch, base, token, nowMs }: ApiSurroundings): Api {
  let aheadMs = 0
  const address = (path: string) => new URL(path, base).href

  async function call<Answer>(
    path: string,
    init: RequestInit & { headers: Record<string, string> },
  ): Promise<Answer> {
    const bearer = token()
    if (bearer !== undefined) init.headers['authorization'] = `Bearer ${bearer}`
    let response: Response
    let text: string
    try {
      response = await fetch(address(path), { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) })
      text = await response.text()
    } catch (error) {
      throw new ApiFailure('Unreachable', 0, error instanceof Error ? error.message : String(error), error)
    }
    const date = Date.parse(response.headers.get('date') ?? '')
    if (Number.isFinite(date)) {
      const ahead = date - nowMs()
      aheadMs = Math.abs(ahead) < SKEW_MS_MIN ? 0 : ahead
    }
    const answer = asJson(text)
    if (response.ok && answer !== undefined) return answer as Answer
    throw failureOf(response, answer)
  }

  return {
    get: (path) => call(path, { method: 'GET', headers: {} }),
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    address,
    token,
    clockAheadMs: () => aheadMs,
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not of the API: a gateway's page. What it was is said by its status.
    return undefined
  }
}

/** A token that is not valid (any more) is refused by the function with 401, by the gateway with 403 and a code of its own. */
export const isTokenRefused = ({ status, headers }: Response): boolean =>
  status === 401 || (status === 403 && /^[AS]403J/.test(headers.get('x-ca-error-code') ?? ''))

const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidArgument',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'StateConflict',
  429: 'TooManyRequests',
  502: 'Unreachable',
  503: 'TryAgain',
  504: 'Unreachable',
}

/** Gateways refuse in words of their own; what matters of them is the status. */
function failureOf(response: Response, answer: unknown): ApiFailure {
  const { code, message } = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<
    string,
    unknown
  >
  const said = typeof message === 'string' ? message : response.headers.get('x-ca-error-message')
  if (isTokenRefused(response))
    return new ApiFailure('Unauthorized', 401, said ?? 'the token is not accepted')
  return new ApiFailure(
    typeof code === 'string' ? code : (CODES[response.status] ?? 'Unexpected'),
    response.status,
    said ?? `${response.status} ${response.statusText}`.trim(),
  )
}

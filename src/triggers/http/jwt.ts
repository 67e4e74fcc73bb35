/** authType `jwt`: finds the token in a request, has it verified, and writes its claims into what the function is given. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import { type ClaimPass, type JwtConfig, needsToken } from '../../wire/jwt/jwt-config.ts'
import { claimsOf, InvalidToken } from '../../wire/jwt/jwt-verifier.ts'
import { wholeBody } from './bodies.ts'
import { hasBody } from './connections.ts'
import { invalidToken, tokenMissing } from './errors.ts'

/** What the function sees of the request. */
export interface SeenRequest {
  target: string
  rawHeaders: readonly string[]
  /** Set when it had to be read: then it is all of it, and `rawHeaders` frame it by its length. */
  body?: Buffer
}

/** A form is a few fields. A larger body is not looked into. */
const formBytesMax = 1024 * 1024

/** Throws `ApiError` when a token is needed and there is none, or one that is not good. */
export async function admitByToken(
  config: JwtConfig,
  clock: Clock,
  request: IncomingMessage,
  target: string,
): Promise<SeenRequest> {
  const forms = [...config.lookups.map(({ from }) => from), ...config.passes.map(({ to }) => to)]
  const body = forms.includes('form') && isForm(request) ? await formOf(request) : undefined
  const seen = { target, rawHeaders: request.rawHeaders, ...(body === undefined ? {} : { body }) }
  // What stands where a claim will be was said by the client: a function must not take it for one, token or not.
  let claims: Record<string, unknown> = {}
  if (needsToken(config, target.split('?', 1)[0]!)) {
    const token = tokenOf(config, request, seen)
    if (token === undefined) throw tokenMissing()
    claims = await claimsOf(token, config, clock).catch((error: unknown) => {
      throw error instanceof InvalidToken ? invalidToken() : error
    })
  }
  return config.passes.reduce<SeenRequest>((into, pass) => passClaim(into, pass, textOf(claims, pass)), seen)
}

const isForm = (request: IncomingMessage): boolean =>
  hasBody(request) &&
  request.headers.upgrade === undefined &&
  /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '') &&
  !(Number(request.headers['content-length'] ?? 0) > formBytesMax)

const formOf = (request: IncomingMessage): Promise<Buffer> => wholeBody(request, formBytesMax, undefined)

/** The first that is there counts, be it good or not. */
function tokenOf({ lookups }: JwtConfig, request: IncomingMessage, seen: SeenRequest): string | undefined {
  for (const { from, name, prefix } of lookups) {
    const value =
      from === 'header'
        ? withoutPrefix(request.headers[name.toLowerCase()], prefix)
        : from === 'cookie'
          ? cookiesOf(request.headers.cookie).find((cookie) => cookie.name === name)?.value
          : from === 'query'
            ? new URLSearchParams(queryOf(seen.target)).get(name)
            : new URLSearchParams(seen.body?.toString('utf8')).get(name)
    if (value) return value
  }
  return undefined
}

function withoutPrefix(given: string | string[] | undefined, prefix: string): string | undefined {
  const value = Array.isArray(given) ? given[0] : given
  if (prefix === '' || value === undefined) return value?.trim()
  return value.startsWith(`${prefix} `) ? value.slice(prefix.length + 1).trim() : undefined
}

function textOf(claims: Record<string, unknown>, { claim }: ClaimPass): string | undefined {
  if (claim === '') return Object.keys(claims).length === 0 ? undefined : JSON.stringify(claims)
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function passClaim(seen: SeenRequest, { to, name }: ClaimPass, value: string | undefined): SeenRequest {
  switch (to) {
    case 'header':
      return { ...seen, rawHeaders: withHeader(seen.rawHeaders, name, value && headerText(value)) }
    case 'cookie': {
      const kept = headersNamed(seen.rawHeaders, 'cookie')
        .flatMap(cookiesOf)
        .filter((cookie) => cookie.name !== name)
        .map((cookie) => `${cookie.name}=${cookie.value}`)
      const all = value === undefined ? kept : [...kept, `${name}=${encodeURIComponent(value)}`]
      return { ...seen, rawHeaders: withHeader(seen.rawHeaders, 'Cookie', all.join('; ') || undefined) }
    }
    case 'query': {
      const query = withField(queryOf(seen.target), name, value)
      return { ...seen, target: `${seen.target.split('?', 1)[0]}${query === '' ? '' : `?${query}`}` }
    }
    case 'form': {
      if (seen.body === undefined) return seen
      const body = Buffer.from(withField(seen.body.toString('utf8'), name, value))
      const unframed = withHeader(seen.rawHeaders, 'Transfer-Encoding', undefined)
      return { ...seen, body, rawHeaders: withHeader(unframed, 'Content-Length', String(body.length)) }
    }
  }
}

const queryOf = (target: string): string =>
  target.includes('?') ? target.slice(target.indexOf('?') + 1) : ''

/** The other fields stay as they were written. */
function withField(encoded: string, name: string, value: string | undefined): string {
  const others = encoded.split('&').filter((field) => field !== '' && !new URLSearchParams(field).has(name))
  if (value !== undefined) others.push(new URLSearchParams([[name, value]]).toString())
  return others.join('&')
}

function withHeader(rawHeaders: readonly string[], name: string, value: string | undefined): string[] {
  const lower = name.toLowerCase()
  const kept: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() !== lower) kept.push(rawHeaders[index]!, rawHeaders[index + 1]!)
  }
  if (value !== undefined) kept.push(name, value)
  return kept
}

const headersNamed = (rawHeaders: readonly string[], lower: string): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === lower)

/** As headers travel here: one character per byte, and none that ends a line. */
const headerText = (value: string): string =>
  Buffer.from(value.replace(/[\x00-\x1f\x7f]/g, ' ')).toString('latin1')

const cookiesOf = (header: string | undefined): { name: string; value: string }[] =>
  (header ?? '').split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    return equals < 0 ? [] : [{ name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim() }]
  })

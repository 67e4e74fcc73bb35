/** The `authConfig` of authType `jwt`: of HTTP triggers, and the `authInfo` of custom domains. */
import { z } from 'zod'

/** What is kept of it. Never a private key, which careless users paste with the public one. */
export interface JwtConfig {
  keys: readonly PublicJwk[]
  /** Where a token is looked for, in this order; the first one that is found counts. */
  lookups: readonly TokenLookup[]
  passes: readonly ClaimPass[]
  /** `except`: requests to these paths need no token. `only`: no other requests need one. */
  paths: { apply: 'everywhere' } | { apply: 'except' | 'only'; patterns: readonly string[] }
}

export type PublicJwk = { kty: string } & Record<string, string>

export interface TokenLookup {
  from: 'header' | 'cookie' | 'query' | 'form'
  name: string
  /** Of a header's value, taken off it: `Bearer`. */
  prefix: string
}

export interface ClaimPass {
  to: 'header' | 'cookie' | 'query' | 'form'
  /** Empty: all claims, as JSON. */
  claim: string
  name: string
}

export class InvalidJwtConfig extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvalidJwtConfig'
  }
}

const listMax = 100
const textMax = 65_536

const places = ['header', 'cookie', 'query', 'form'] as const
const name = /^[A-Za-z0-9_.!#$%&'*+^`|~-]{1,128}$/
const publicMembers = ['kty', 'n', 'e', 'crv', 'x', 'y', 'alg', 'use', 'kid'] as const
const keyTypes = ['RSA', 'EC', 'OKP']

const strings = z
  .array(z.string().min(1).max(1024))
  .max(listMax)
  .nullish()
  .transform((list) => list ?? [])
const document = z.object({
  jwks: z.object({
    keys: z
      .array(z.looseObject({ kty: z.string() }))
      .min(1)
      .max(listMax),
  }),
  tokenlookup: z.string().min(1).max(4096),
  claimpassby: z.string().max(4096).nullish(),
  whitelist: strings,
  blacklist: strings,
})

/** Reads an `authConfig`, an object or a JSON document in a string, its names in any case. Throws `InvalidJwtConfig`. */
export function parseJwtConfig(given: unknown): JwtConfig {
  const read = document.safeParse(lowerNames(typeof given === 'string' ? parsed(given) : given))
  if (!read.success) {
    const [issue] = read.error.issues
    throw new InvalidJwtConfig(`${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { jwks, tokenlookup, claimpassby, whitelist, blacklist } = read.data
  if (whitelist.length > 0 && blacklist.length > 0)
    throw new InvalidJwtConfig('whitelist and blacklist must not be set both')
  for (const pattern of [...whitelist, ...blacklist]) {
    if (!pattern.startsWith('/') || pattern.slice(0, -1).includes('*'))
      throw new InvalidJwtConfig(`'${pattern}' is no path, at whose end one * may stand`)
  }
  return {
    keys: jwks.keys.map(publicKey),
    lookups: items(tokenlookup, 'tokenLookup').map(lookupOf),
    passes: items(claimpassby ?? '', 'claimPassBy').flatMap(passOf),
    paths:
      whitelist.length > 0
        ? { apply: 'except', patterns: whitelist }
        : blacklist.length > 0
          ? { apply: 'only', patterns: blacklist }
          : { apply: 'everywhere' },
  }
}

function parsed(text: string): unknown {
  if (text.length > textMax) throw new InvalidJwtConfig(`it is longer than ${textMax} characters`)
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidJwtConfig('it is not a JSON document')
  }
}

/** The vendor's reference spells them `JWKS` and `TokenLookup`, its tools `jwks` and `tokenLookup`. */
const lowerNames = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]))
    : value

function publicKey(key: { kty: string } & Record<string, unknown>): PublicJwk {
  if (!keyTypes.includes(key.kty))
    throw new InvalidJwtConfig(
      `a key of type '${key.kty}' is none of the public ones: ${keyTypes.join(', ')}`,
    )
  const kept: PublicJwk = { kty: key.kty }
  for (const member of publicMembers) {
    const value = key[member]
    if (value === undefined || value === null || value === '') continue
    if (typeof value !== 'string') throw new InvalidJwtConfig(`jwks: '${member}' of a key must be a string`)
    kept[member] = value
  }
  return kept
}

function items(text: string, field: string): string[][] {
  const list = text.split(',').filter((item) => item.trim() !== '')
  if (list.length > listMax) throw new InvalidJwtConfig(`${field} has more than ${listMax} items`)
  return list.map((item) => item.split(':'))
}

function lookupOf([from = '', parameter = '', ...prefix]: string[]): TokenLookup {
  return { from: placeOf(from), name: nameOf(parameter), prefix: prefix.join(':').trim() }
}

/** What `s` sends for "none" is `query::`. */
function passOf([to = '', claim = '', parameter = '']: string[]): ClaimPass[] {
  const pass = { to: placeOf(to), claim: claim.trim() }
  return parameter.trim() === '' && pass.claim === '' ? [] : [{ ...pass, name: nameOf(parameter) }]
}

function placeOf(text: string): TokenLookup['from'] {
  const found = places.find((place) => place === text.trim().toLowerCase())
  if (!found) throw new InvalidJwtConfig(`'${text}' is none of ${places.join(', ')}`)
  return found
}

function nameOf(text: string): string {
  if (!name.test(text.trim())) throw new InvalidJwtConfig(`'${text}' cannot be the name of a parameter`)
  return text.trim()
}

/** Whether a request to that path needs a token. A path that can be read in two ways does. */
export function needsToken({ paths }: Pick<JwtConfig, 'paths'>, rawPath: string): boolean {
  if (paths.apply === 'everywhere') return true
  if (isAmbiguous(rawPath)) return true
  const listed = paths.patterns.some((pattern) =>
    pattern.endsWith('*') ? rawPath.startsWith(pattern.slice(0, -1)) : rawPath === pattern,
  )
  return paths.apply === 'except' ? !listed : listed
}

/** The function may take `/a/../b`, `/a//b` and `/%61` for other paths than a list of paths does. */
const isAmbiguous = (path: string): boolean => /[%\\;]|\/\/|\/\.{1,2}(\/|$)/.test(path)

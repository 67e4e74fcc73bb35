/**
 * The pages as files in memory: a request in, an answer out, no input or output of its own. Addresses are looked up as they
 * came: what is not the exact name of a file that was read at the start does not exist, so there is no path to play tricks with.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

export interface PageFile {
  /** Below the folder, with slashes: `views/rider.js`. */
  name: string
  bytes: Uint8Array
}

export interface PageRequest {
  method: string
  /** As it came, with its query if it has one; below the prefix of the gateway. */
  path: string
  /** `if-none-match`, if it was said. */
  ifNoneMatch?: string | undefined
}

export interface PageAnswer {
  status: number
  headers: Record<string, string>
  body: Uint8Array
}

/** What else than its own origin a page may speak to: the bucket that photos are put to. */
export interface PageOptions {
  uploadOrigins?: readonly string[]
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The pages and where they are; everything else lies below `/assets/`. */
const PAGES: Readonly<Record<string, string>> = {
  '/': 'customer.html',
  '/merchant': 'merchant.html',
  '/rider': 'rider.html',
  '/operations': 'operations.html',
}

/** Ours are a few dozen of some thousand bytes; more is another folder. */
const FILES_MAX = 500
const NOTHING = new Uint8Array()

interface Served {
  type: string
  etag: string
  bytes: Uint8Array
}

/** Reads what can be served of a folder: scripts as they are for the browser, pages, styles and pictures. */
export async function readPageFiles(folder: string): Promise<PageFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
    .map((entry) => join(entry.parentPath, entry.name))
  if (paths.length > FILES_MAX) throw new Error(`${folder} has ${paths.length} files to serve: not the pages`)
  return Promise.all(
    paths.map(async (path) => ({
      name: relative(folder, path).split(sep).join('/'),
      bytes: await readFile(path),
    })),
  )
}

/** @throws Error if a page is missing: nothing is served then rather than half. */
export function pageServer(
  files: readonly PageFile[],
  { uploadOrigins = [] }: PageOptions = {},
): (request: PageRequest) => PageAnswer {
  const always = headersOf(uploadOrigins)
  const served = new Map<string, Served>()
  const pages = new Set(Object.values(PAGES))
  for (const { name, bytes } of files) {
    const type = TYPES[extname(name)]
    if (!type) throw new Error(`${name} has no type that the pages are served as`)
    const file = {
      type,
      bytes,
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    }
    if (pages.has(name)) {
      for (const [path, page] of Object.entries(PAGES)) if (page === name) served.set(path, file)
    } else served.set(`/assets/${name}`, file)
  }
  for (const [path, name] of Object.entries(PAGES))
    if (!served.has(path)) throw new Error(`${name} is missing`)

  const refusal = (status: number, text: string, headers: Record<string, string> = {}): PageAnswer => ({
    status,
    headers: {
      ...always,
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    },
    body: new TextEncoder().encode(`${text}\n`),
  })

  return ({ method, path, ifNoneMatch }) => {
    if (method !== 'GET' && method !== 'HEAD')
      return refusal(405, 'Method Not Allowed', { allow: 'GET, HEAD' })
    const [name = ''] = path.split('?', 1)
    const file = served.get(name)
    if (!file) {
      const page = name.endsWith('/') ? name.slice(0, -1) : ''
      // Relative, as a prefix of the gateway is not known here.
      if (page !== '' && page in PAGES) return refusal(308, 'Moved', { location: `..${page}` })
      return withoutBody(method, refusal(404, 'Not Found'))
    }
    const headers = {
      ...always,
      'content-type': file.type,
      etag: file.etag,
      // Asked for each time and answered in a few bytes: pages and scripts of two releases do not mix.
      'cache-control': 'no-cache',
    }
    if (matches(ifNoneMatch, file.etag)) return { status: 304, headers, body: NOTHING }
    return withoutBody(method, { status: 200, headers, body: file.bytes })
  }
}

const withoutBody = (method: string, answer: PageAnswer): PageAnswer =>
  method === 'HEAD'
    ? {
        ...answer,
        headers: { ...answer.headers, 'content-length': String(answer.body.length) },
        body: NOTHING,
      }
    : answer

/** RFC 9110, 13.1.2: a list, compared weakly. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

function headersOf(uploadOrigins: readonly string[]): Record<string, string> {
  for (const origin of uploadOrigins) {
    if (URL.parse(origin)?.origin !== origin)
      throw new Error(`${origin} is not an origin, such as https://host:port`)
  }
  const connect = ["'self'", ...uploadOrigins].join(' ')
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob:",
      `connect-src ${connect}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'geolocation=(self), camera=(self), microphone=()',
  }
}

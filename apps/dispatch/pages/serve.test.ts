import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PageFile, pageServer, readPageFiles } from './serve.ts'

const file = (name: string, text = name): PageFile => ({ name, bytes: new TextEncoder().encode(text) })
const PAGES = ['customer', 'merchant', 'rider', 'operations'].map((name) => file(`${name}.html`))
const serve = pageServer([...PAGES, file('style.css'), file('views/rider.js')])
const get = (path: string) => serve({ method: 'GET', path })
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test('each page and each file is served with its type and headers that let nothing else in', () => {
  for (const [path, name, type] of [
    ['/', 'customer.html', 'text/html; charset=utf-8'],
    ['/?x=1', 'customer.html', 'text/html; charset=utf-8'],
    ['/rider', 'rider.html', 'text/html; charset=utf-8'],
    ['/assets/views/rider.js', 'views/rider.js', 'text/javascript; charset=utf-8'],
    ['/assets/style.css', 'style.css', 'text/css; charset=utf-8'],
  ] as const) {
    const answer = get(path)
    assert.equal(answer.status, 200, path)
    assert.equal(textOf(answer.body), name)
    assert.equal(answer.headers['content-type'], type)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    const policy = answer.headers['content-security-policy'] ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self'(;|$)/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
  }
})

test('photos may be put to the origins that are named, and to no other', () => {
  const toBucket = pageServer(PAGES, { uploadOrigins: ['http://127.0.0.1:9001'] })
  const policy = toBucket({ method: 'GET', path: '/rider' }).headers['content-security-policy'] ?? ''
  assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:9001;/)
  for (const wrong of ['http://bucket/path', 'x; script-src *', 'bucket', 'http://bucket/']) {
    assert.throws(() => pageServer(PAGES, { uploadOrigins: [wrong] }), /is not an origin/)
  }
})

test('who has a file already is not sent it again', () => {
  const etag = get('/rider').headers['etag'] ?? ''
  for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = serve({ method: 'GET', path: '/rider', ifNoneMatch })
    assert.equal(answer.status, 304, ifNoneMatch)
    assert.equal(answer.body.length, 0)
    assert.equal(answer.headers['etag'], etag)
  }
  assert.equal(serve({ method: 'GET', path: '/rider', ifNoneMatch: '"other"' }).status, 200)
})

test('HEAD has the headers and no body; nothing but GET and HEAD is answered', () => {
  const head = serve({ method: 'HEAD', path: '/assets/style.css' })
  assert.deepEqual([head.status, head.body.length, head.headers['content-length']], [200, 0, '9'])
  const post = serve({ method: 'POST', path: '/' })
  assert.deepEqual([post.status, post.headers['allow']], [405, 'GET, HEAD'])
})

test('a page with a slash at its end leads to the page, also below a prefix', () => {
  const answer = get('/rider/')
  assert.equal(answer.status, 308)
  const location = new URL(answer.headers['location'] ?? '', 'http://host/proxy/g/rider/')
  assert.equal(location.pathname, '/proxy/g/rider')
})

test('nothing exists but what was read, however it is asked for', () => {
  for (const path of [
    '/assets/../serve.ts',
    '/assets/..%2fserve.ts',
    '/assets//style.css',
    '/assets/STYLE.CSS',
    '/assets/customer.html',
    '//rider',
    '/rider%00',
    '/assets/',
    '',
    '/__proto__',
    '/constructor/',
  ]) {
    assert.equal(get(path).status, 404, path)
  }
  const known = new Set([
    '/',
    '/merchant',
    '/rider',
    '/operations',
    '/assets/style.css',
    '/assets/views/rider.js',
  ])
  fc.assert(
    fc.property(fc.webPath(), fc.string(), (path, any) => {
      for (const one of [path, any, `/assets/${any}`, `/assets/..${path}`]) {
        const { status } = get(one)
        const name = one.split('?', 1)[0] ?? ''
        assert.ok(known.has(name) ? status === 200 : status === 404 || status === 308, one)
      }
    }),
  )
})

test('half of the pages are not served', () => {
  assert.throws(() => pageServer(PAGES.slice(1)), /customer\.html is missing/)
})

test('of a folder what browsers need is read, and nothing else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'pages-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'views'))
  for (const name of ['customer.html', 'views/rider.js', 'views/rider.ts', '.env', 'notes.md']) {
    await writeFile(join(folder, name), name)
  }
  const files = await readPageFiles(folder)
  assert.deepEqual(files.map(({ name }) => name).sort(), ['customer.html', 'views/rider.js'])
})

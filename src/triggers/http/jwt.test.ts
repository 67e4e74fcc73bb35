import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { streamOf } from '../../ports/invocation.testing.ts'
import type { EventInvocation, HttpInvocation } from '../../ports/invocation.ts'
import { parseJwtConfig } from '../../wire/jwt/jwt-config.ts'
import { responded, startEdge, succeeded, triggerOf } from './http-edge.testing.ts'
import type { AsyncCall } from './needs.ts'

/** That of the edge's clock. */
const nowS = 1693896071
const rsa = await generateKeyPair('RS256', { extractable: true })
const ec = await generateKeyPair('ES256', { extractable: true })
const stranger = await generateKeyPair('RS256', { extractable: true })
const jwk = async (key: CryptoKey, more: object = {}) => ({ ...(await exportJWK(key)), use: 'sig', ...more })

const sign = (
  claims: Record<string, unknown> = {},
  { key = rsa.privateKey, alg = 'RS256', kid = undefined as string | undefined } = {},
) =>
  new SignJWT({ exp: nowS + 60, ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key)

const edgeWith = async (t: TestContext, fields: object = {}, custom = false) => {
  const events: EventInvocation[] = []
  const requests: { invocation: HttpInvocation; body: string }[] = []
  const calls: AsyncCall[] = []
  const config = parseJwtConfig({
    jwks: { keys: [await jwk(rsa.publicKey, { alg: 'RS256' })] },
    tokenLookup: 'header:Authorization:Bearer',
    ...fields,
  })
  const edge = await startEdge(t, {
    triggers: [triggerOf({ authType: 'jwt', jwt: config })],
    revision: custom ? { runtime: 'custom.debian12' } : {},
    needs: { asyncInvocations: { accept: async (call) => void calls.push(call) } },
    invoker: {
      async invoke(invocation) {
        events.push(invocation)
        return succeeded('ok')
      },
      async forward(invocation) {
        requests.push({ invocation, body: await text(streamOf(invocation.body)) })
        return responded({ body: Readable.from([Buffer.from('ok')]) })
      },
    },
  })
  const seen = () => JSON.parse(Buffer.from(events.at(-1)!.event).toString())
  return { ...edge, events, requests, calls, seen }
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

test('a good token is let in', async (t) => {
  const edge = await edgeWith(t)
  assert.equal((await edge.ask({ headers: bearer(await sign()) })).status, 200)
})

const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`
for (const [what, headers] of [
  ['no token', {}],
  ['another scheme', { Authorization: 'Basic abc' }],
  ['a prefix without its space', { Authorization: `Bearer${await sign()}` }],
  ['no token at all behind the prefix', bearer('abc')],
  ['a token without signature', bearer(unsigned)],
  ['a token of a stranger', bearer(await sign({}, { key: stranger.privateKey }))],
  ['an expired token', bearer(await sign({ exp: nowS - 1 }))],
  ['a token that is not valid yet', bearer(await sign({ nbf: nowS + 10 }))],
  ['a token for a key id that is not there', bearer(await sign({}, { kid: 'other' }))],
  [
    'a changed token',
    bearer((await sign()).replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"root"}').toString('base64url')}.`)),
  ],
] as const) {
  test(`${what} is refused before the function is called`, async (t) => {
    const edge = await edgeWith(t)
    const { status, text: body } = await edge.ask({ headers })
    assert.equal(status, 403)
    assert.match(body, /"Code":"AccessDenied","Message":"(invalid or expired|missing or malformed) jwt"/)
    assert.equal(edge.events.length, 0)
  })
}

test('a token signed with the public key as if it were a secret is refused', async (t) => {
  const edge = await edgeWith(t, { jwks: { keys: [await jwk(rsa.publicKey)] } })
  const secret = Buffer.from(JSON.stringify(await exportJWK(rsa.publicKey)))
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(secret)
  assert.equal((await edge.ask({ headers: bearer(token) })).status, 403)
})

test('of several keys the right one is taken, by id or by trying those without', async (t) => {
  const keys = [
    await jwk(stranger.publicKey),
    await jwk(rsa.publicKey),
    await jwk(ec.publicKey, { kid: 'curve' }),
  ]
  const edge = await edgeWith(t, { jwks: { keys } })
  for (const token of [await sign(), await sign({}, { key: ec.privateKey, alg: 'ES256', kid: 'curve' })])
    assert.equal((await edge.ask({ headers: bearer(token) })).status, 200)
  const other = await generateKeyPair('RS256')
  assert.equal((await edge.ask({ headers: bearer(await sign({}, { key: other.privateKey })) })).status, 403)
})

test('a token is found in a header, a cookie, the query or a form, and the first that is there counts', async (t) => {
  const edge = await edgeWith(t, { tokenLookup: 'header:X-Token,cookie:token,query:t,form:f' })
  const token = await sign()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const asked of [
    { headers: { 'x-token': token } },
    { headers: { cookie: `a=b; token=${token}` } },
    { path: `/?a=b&t=${token}` },
    { method: 'POST', headers: form, body: `a=b&f=${token}` },
  ])
    assert.equal((await edge.ask(asked)).status, 200, JSON.stringify(asked))
  // A body that was read for the token reaches the function all the same.
  assert.match(edge.seen().body, /^a=b&f=/)
  assert.equal((await edge.ask({ path: `/?t=${token}`, headers: { 'x-token': 'bad' } })).status, 403)
  assert.equal((await edge.ask({ method: 'POST', body: `f=${token}` })).status, 403)
  assert.equal(
    (await edge.ask({ method: 'POST', headers: form, body: `f=${token}&x=${'y'.repeat(2 ** 20)}` })).status,
    403,
  )
})

const passes = 'header:name:X-Name,cookie:sub:who,query:uid:uid,form:n:n,header:none:X-None,header::X-All'

for (const custom of [false, true]) {
  test(`claims are passed on where the client cannot have put them (${custom ? 'custom' : 'built-in'} runtime)`, async (t) => {
    const edge = await edgeWith(t, { claimPassBy: passes }, custom)
    const claims = { name: 'Zoë\r\nX-Evil: 1', sub: 'a b', uid: 7, n: ['x'] }
    const asked = {
      method: 'POST',
      path: '/p?uid=forged&keep=%20',
      headers: {
        ...bearer(await sign(claims)),
        'x-name': 'forged',
        'x-none': 'forged',
        cookie: 'who=forged; keep=1',
        'content-type': 'application/x-www-form-urlencoded',
        'transfer-encoding': 'chunked',
      },
      body: 'n=forged&keep=%20',
    }
    assert.equal((await edge.ask(asked)).status, 200)
    const form = 'keep=%20&n=%5B%22x%22%5D'
    if (custom) {
      const [{ invocation, body }] = edge.requests as [(typeof edge.requests)[0]]
      const { target, rawHeaders } = invocation.request
      const values = (name: string) =>
        rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name)
      assert.equal(target, '/p?keep=%20&uid=7')
      assert.deepEqual(values('x-name'), [Buffer.from('Zoë  X-Evil: 1').toString('latin1')])
      assert.deepEqual([values('x-none'), values('x-evil')], [[], []])
      assert.deepEqual(values('cookie'), ['keep=1; who=a%20b'])
      assert.deepEqual([values('content-length'), values('transfer-encoding')], [[String(form.length)], []])
      assert.equal(body, form)
      return
    }
    const { headers, queryParameters, body } = edge.seen()
    assert.deepEqual(
      [headers['X-Name'], headers['X-None'], headers['Cookie']],
      ['Zoë  X-Evil: 1', undefined, 'keep=1; who=a%20b'],
    )
    assert.equal(JSON.parse(headers['X-All']).uid, 7)
    assert.deepEqual(queryParameters, { keep: ' ', uid: '7' })
    assert.equal(body, form)
  })
}

test('paths that are open need no token, and a forged claim does not reach the function there either', async (t) => {
  const edge = await edgeWith(t, { whitelist: ['/open/*'], claimPassBy: 'header:name:X-Name' })
  assert.equal((await edge.ask({ path: '/open/x?y', headers: { 'x-name': 'forged' } })).status, 200)
  assert.equal(edge.seen().headers['X-Name'], undefined)
  for (const path of ['/', '/open', '/open/../secret', '/open/%2e%2e/secret'])
    assert.equal((await edge.ask({ path })).status, 403, path)
})

test('an asynchronous call is queued with its claims, and a large form is refused', async (t) => {
  const edge = await edgeWith(t, { claimPassBy: 'form:name:name' }, true)
  const headers = {
    ...bearer(await sign({ name: 'n' })),
    'x-fc-invocation-type': 'Async',
    'content-type': 'application/x-www-form-urlencoded',
  }
  assert.equal((await edge.ask({ method: 'POST', headers, body: 'a=b' })).status, 202)
  const [call] = edge.calls
  assert.ok(call?.is === 'http')
  assert.equal(Buffer.from(call.body).toString(), 'a=b&name=n')
  assert.equal((await edge.ask({ method: 'POST', headers, body: 'a'.repeat(200_000) })).status, 400)
})

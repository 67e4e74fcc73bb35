import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvalidJwtConfig, needsToken, parseJwtConfig } from './jwt-config.ts'

const key = { kty: 'RSA', e: 'AQAB', n: 'abc', alg: 'RS256', use: 'sig' }
const config = (fields: object = {}) => ({
  jwks: { keys: [key] },
  tokenLookup: 'header:Authorization:Bearer',
  ...fields,
})

test('the spellings of the reference and of the tools are read, and private parts of keys are not kept', () => {
  const ofReference = JSON.stringify({
    JWKS: { keys: [{ ...key, kid: 'k', d: 'private', p: 'private' }] },
    TokenLookup: 'header:Authentication:Bearer ,cookie:x',
    ClaimPassBy: 'query:uid:uid,header:name:name',
  })
  assert.deepEqual(parseJwtConfig(ofReference), {
    keys: [{ ...key, kid: 'k' }],
    lookups: [
      { from: 'header', name: 'Authentication', prefix: 'Bearer' },
      { from: 'cookie', name: 'x', prefix: '' },
    ],
    passes: [
      { to: 'query', claim: 'uid', name: 'uid' },
      { to: 'header', claim: 'name', name: 'name' },
    ],
    paths: { apply: 'everywhere' },
  })
  // What `s` sends when no claim is to be passed on.
  assert.deepEqual(parseJwtConfig(config({ claimPassBy: 'query::', whitelist: null })).passes, [])
})

for (const [what, given] of [
  ['nothing', undefined],
  ['an empty text', ''],
  ['no JSON', '{'],
  ['no keys', config({ jwks: { keys: [] } })],
  ['a secret key', config({ jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })],
  ['no place of the token', config({ tokenLookup: '' })],
  ['an unknown place', config({ tokenLookup: 'body:x' })],
  ['a header name with a line end', config({ claimPassBy: 'header:a:b\r\nc' })],
  ['both lists', config({ whitelist: ['/a'], blacklist: ['/b'] })],
  ['a * in the middle', config({ whitelist: ['/a/*/b'] })],
  ['too many lookups', config({ tokenLookup: 'query:x,'.repeat(101) })],
] as const) {
  test(`${what} is refused`, () => assert.throws(() => parseJwtConfig(given), InvalidJwtConfig))
}

test('whatever is given, it is read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.anything(), fc.string(), (value, text) => {
      for (const given of [
        value,
        config({ tokenLookup: text }),
        config({ claimPassBy: text }),
        config({ jwks: value }),
      ]) {
        try {
          parseJwtConfig(given)
        } catch (error) {
          assert.ok(error instanceof InvalidJwtConfig, String(error))
        }
      }
    }),
  )
})

test('paths match whole, or by their beginning before a *', () => {
  const open = parseJwtConfig(config({ whitelist: ['/a', '/login/*'] }))
  const guarded = parseJwtConfig(config({ blacklist: ['/a', '/login/*'] }))
  for (const [path, listed] of [
    ['/a', true],
    ['/a/', false],
    ['/login/', true],
    ['/login/b/c', true],
    ['/login', false],
  ] as const) {
    assert.equal(needsToken(open, path), !listed, path)
    assert.equal(needsToken(guarded, path), listed, path)
  }
})

test('a path that can be read in two ways needs a token, whatever is listed', () => {
  for (const path of [
    '/login/../admin',
    '/login/%2e%2e/admin',
    '/login//admin',
    '/login/..',
    '/%61dmin',
    '/login/..\\admin',
  ]) {
    for (const lists of [{ whitelist: ['/login/*'] }, { blacklist: ['/admin'] }])
      assert.equal(needsToken(parseJwtConfig(config(lists)), path), true, path)
  }
})

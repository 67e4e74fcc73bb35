import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { certificate, privateKey } from '../../../test/certificate.fixture.ts'
import { accountId, startTestbed, type Testbed } from './testbed.fixture.ts'

const path = '/2023-03-30/custom-domains'
const cert = { certName: 'shop', certificate, privateKey }

describe('custom domains over the wire', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed()
    await bed.createFunction('site')
  })
  after(() => bed.close())

  const create = (domainName: string, differs: object = {}) =>
    bed.call('POST', path, { domainName, ...differs })
  const refusal = async (domainName: string, differs: object = {}) => {
    const { status, json } = await create(domainName, differs)
    return [status, json.Code]
  }

  test('are created, read, changed, listed and deleted; the private key is never given back', async () => {
    const routes = [{ path: '/a/*', functionName: 'site', methods: ['GET'] }]
    const { status, json, headers } = await create('Shop.Example.com', {
      protocol: 'HTTP,HTTPS',
      certConfig: cert,
      routeConfig: { routes },
      tlsConfig: {
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
      },
    })
    assert.equal(status, 200)
    assert.ok(headers.get('etag'))
    assert.deepEqual(json.certConfig, { certName: 'shop', certificate })
    assert.deepEqual(
      [json.domainName, json.accountId, json.apiVersion, json.protocol, json.createdTime],
      ['Shop.Example.com', accountId, '2023-03-30', 'HTTP,HTTPS', '2026-01-01T00:00:00Z'],
    )
    assert.deepEqual(json.routeConfig, { routes: [{ ...routes[0], qualifier: 'LATEST' }] })
    assert.deepEqual(json.authConfig, { authType: 'anonymous', authInfo: '' })
    assert.deepEqual((await bed.call('GET', `${path}/shop.example.com`)).json, json)
    assert.deepEqual(await refusal('shop.EXAMPLE.com'), [409, 'DomainNameAlreadyExists'])

    // As a client does that reads, edits and writes back.
    const changed = await bed.call('PUT', `${path}/shop.example.com`, { ...json, protocol: 'HTTPS' })
    assert.deepEqual([changed.status, changed.json.protocol], [200, 'HTTPS'])
    const other = await bed.call('PUT', `${path}/shop.example.com`, { routeConfig: { routes: [] } })
    assert.deepEqual([other.json.protocol, other.json.routeConfig], ['HTTPS', { routes: [] }])

    assert.equal((await create('*.wild.example.com')).status, 200)
    const names = async (query: string) =>
      (await bed.call('GET', `${path}${query}`)).json.customDomains.map(
        ({ domainName }: { domainName: string }) => domainName,
      )
    assert.deepEqual(await names(''), ['*.wild.example.com', 'Shop.Example.com'])
    assert.deepEqual(await names('?prefix=shop.'), ['Shop.Example.com'])
    const first = await bed.call('GET', `${path}?limit=1`)
    assert.deepEqual(await names(`?limit=1&nextToken=${first.json.nextToken}`), ['Shop.Example.com'])

    const stale = await bed.call('DELETE', `${path}/shop.example.com`, undefined, { 'if-match': 'x' })
    assert.deepEqual([stale.status, stale.json.Code], [412, 'PreconditionFailed'])
    assert.equal((await bed.call('DELETE', `${path}/shop.example.com`)).status, 204)
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const gone = await bed.call(method, `${path}/shop.example.com`, method === 'PUT' ? {} : undefined)
      assert.deepEqual([gone.status, gone.json.Code], [404, 'DomainNameNotFound'])
    }
  })

  for (const [what, domainName, differs, code] of [
    ['no name', '', {}, 'InvalidArgument'],
    ['a name without a top', 'localhost', {}, 'InvalidArgument'],
    ['a name with a path', 'a.com/b', {}, 'InvalidArgument'],
    ['a star inside', 'a.*.com', {}, 'InvalidArgument'],
    ['a label that begins with a hyphen', '-a.com', {}, 'InvalidArgument'],
    ['a name below that of the functions', 'site.fcapp.localhost', {}, 'InvalidArgument'],
    ['an unknown protocol', 'a.com', { protocol: 'FTP' }, 'InvalidArgument'],
    ['HTTPS without a certificate', 'a.com', { protocol: 'HTTPS' }, 'InvalidArgument'],
    [
      'a certificate that is none',
      'a.com',
      { protocol: 'HTTPS', certConfig: { ...cert, certificate: 'x' } },
      'InvalidArgument',
    ],
    [
      'an unknown cipher suite',
      'a.com',
      { protocol: 'HTTPS', certConfig: cert, tlsConfig: { cipherSuites: ['TLS_NONE_WITH_NOTHING'] } },
      'InvalidArgument',
    ],
    [
      'TLS versions upside down',
      'a.com',
      { tlsConfig: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' } },
      'InvalidArgument',
    ],
    ['jwt without keys', 'a.com', { authConfig: { authType: 'jwt', authInfo: '{}' } }, 'InvalidArgument'],
    ['an unknown authType', 'a.com', { authConfig: { authType: 'basic' } }, 'InvalidArgument'],
    [
      'a path without its slash',
      'a.com',
      { routeConfig: { routes: [{ path: 'a', functionName: 'site' }] } },
      'InvalidArgument',
    ],
    [
      'a star in the middle',
      'a.com',
      { routeConfig: { routes: [{ path: '/*/a', functionName: 'site' }] } },
      'InvalidArgument',
    ],
    [
      'a path twice',
      'a.com',
      {
        routeConfig: {
          routes: [
            { path: '/', functionName: 'site' },
            { path: '/', functionName: 'site' },
          ],
        },
      },
      'InvalidArgument',
    ],
    [
      'an unknown method',
      'a.com',
      { routeConfig: { routes: [{ path: '/', functionName: 'site', methods: ['BREW'] }] } },
      'InvalidArgument',
    ],
    [
      'a broken regular expression',
      'a.com',
      {
        routeConfig: {
          routes: [
            {
              path: '/',
              functionName: 'site',
              rewriteConfig: { regexRules: [{ match: '(', replacement: '' }] },
            },
          ],
        },
      },
      'InvalidArgument',
    ],
    [
      'an unknown function',
      'a.com',
      { routeConfig: { routes: [{ path: '/', functionName: 'no' }] } },
      'FunctionNotFound',
    ],
    [
      'an unknown alias',
      'a.com',
      { routeConfig: { routes: [{ path: '/', functionName: 'site', qualifier: 'no' }] } },
      'AliasNotFound',
    ],
    ['a firewall', 'a.com', { wafConfig: { enableWAF: true } }, 'NotImplemented'],
  ] as const)
    test(`${what} is refused`, async () => {
      assert.equal((await refusal(domainName, differs))[1], code)
      assert.equal((await bed.call('GET', `${path}/a.com`)).status, 404)
    })
})

/** Custom domains through the vendor's SDK, and what they serve by HTTP and HTTPS. */
import assert from 'node:assert/strict'
import { request as httpsRequest } from 'node:https'
import { describe, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { certificate, privateKey } from '../../certificate.fixture.ts'
import { createFunction, models, type Sdk } from '../../clients.fixture.ts'
import { assertRefused, http, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform({}, async ({ client }) => {
  for (const functionName of ['front', 'api'])
    await createFunction(client, {
      functionName,
      files: {
        'index.js': `exports.handler = async (event) => \`\${process.env.FC_FUNCTION_NAME} \${JSON.parse(event).rawPath}\``,
      },
    })
})

const create = (domainName: string, fields: object = {}) =>
  bed.client.createCustomDomain(
    requestWith('CreateCustomDomain', { domainName, protocol: 'HTTP', ...fields }),
  )
const ask = async (host: string, path: string) => {
  const { status, text } = await http(`${bed.platform.endpoints.edge}${path}`, { headers: { host } })
  return `${status} ${text}`
}
/** By HTTPS, with the name in the handshake and as Host; the certificate is checked against its own. */
const askSafely = (host: string, path: string) =>
  new Promise<string>((resolve, reject) => {
    const { port } = new URL(bed.platform.endpoints['edge-tls'])
    const asked = httpsRequest(
      { host: '127.0.0.1', port, path, servername: host, headers: { host }, ca: certificate, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece
        })
        response.once('end', () => resolve(`${response.statusCode} ${text}`))
      },
    )
    asked.once('error', reject)
    asked.end()
  })

describe('custom domains', () => {
  const routeConfig = {
    routes: [
      { path: '/*', functionName: 'front' },
      {
        path: '/api/*',
        functionName: 'api',
        qualifier: 'LATEST',
        methods: ['GET'],
        rewriteConfig: { wildcardRules: [{ match: '/api/*', replacement: '/v2/$1' }] },
      },
    ],
  }

  test('send each path to the function of its route; the longest wins', async () => {
    const { body } = await create('shop.example.com', { routeConfig })
    assert.deepEqual(
      [body.domainName, body.protocol, body.accountId, body.apiVersion],
      ['shop.example.com', 'HTTP', bed.platform.accountId, '2023-03-30'],
    )
    assert.equal(await ask('shop.example.com', '/'), '200 front /')
    assert.equal(await ask('SHOP.example.com', '/apix'), '200 front /apix')
    assert.equal(await ask('shop.example.com', '/api/items'), '200 api /v2/items')
    assert.match(await ask('other.example.com', '/'), /^404 .*DomainNameNotFound/)

    const { customDomains } = (
      await bed.client.listCustomDomains(request('ListCustomDomains', { prefix: 'shop' }))
    ).body
    assert.deepEqual(
      customDomains.map(({ domainName }: Sdk) => domainName),
      ['shop.example.com'],
    )
    const changed = await bed.client.updateCustomDomain(
      'shop.example.com',
      requestWith('UpdateCustomDomain', {
        routeConfig: { routes: [{ path: '/api/*', functionName: 'front' }] },
      }),
    )
    assert.equal(changed.body.routeConfig.routes.length, 1)
    assert.equal(await ask('shop.example.com', '/api/items'), '200 front /api/items')
    assert.match(await ask('shop.example.com', '/'), /^404 .*DomainRouteNotFound/)

    await bed.client.deleteCustomDomain('shop.example.com')
    await assertRefused(bed.client.getCustomDomain('shop.example.com'), 404, 'DomainNameNotFound')
    assert.match(await ask('shop.example.com', '/'), /^404 .*DomainNameNotFound/)
  })

  test('are served by HTTPS with the certificate that was given; a wildcard stands for one label', async () => {
    const certConfig = { certName: 'shop', certificate, privateKey }
    const { body } = await create('*.wild.example.com', { protocol: 'HTTPS', certConfig, routeConfig })
    assert.ok(!JSON.stringify(body).includes('PRIVATE KEY'))
    assert.equal(await askSafely('a.wild.example.com', '/api/x'), '200 api /v2/x')
    assert.match(await ask('a.wild.example.com', '/'), /^403 .*AccessDenied/)
    await assert.rejects(askSafely('unknown.example.com', '/'))
    await assert.rejects(askSafely('a.b.wild.example.com', '/'))
  })

  test('of authType jwt let in who has a good token', async () => {
    const { publicKey, privateKey: signingKey } = await generateKeyPair('RS256', { extractable: true })
    const authInfo = JSON.stringify({
      jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig' }] },
      tokenLookup: 'query:token',
    })
    await create('guarded.example.com', { routeConfig, authConfig: { authType: 'jwt', authInfo } })
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256' })
      .setExpirationTime('1h')
      .sign(signingKey)
    assert.equal(await ask('guarded.example.com', `/x?token=${token}`), '200 front /x')
    assert.match(await ask('guarded.example.com', '/x?token=no'), /^403 .*AccessDenied/)
  })

  test('that cannot be are refused', async () => {
    await create('taken.example.com')
    await assertRefused(create('taken.example.com'), 409, 'DomainNameAlreadyExists')
    await assertRefused(create('nonsense'), 400, 'InvalidArgument')
    await assertRefused(create('a.example.com', { protocol: 'HTTPS' }), 400, 'InvalidArgument')
    await assertRefused(
      create('a.example.com', {
        routeConfig: new models.RouteConfig({ routes: [{ path: '/', functionName: 'no' }] }),
      }),
      404,
      'FunctionNotFound',
    )
  })
})

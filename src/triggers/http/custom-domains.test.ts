import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEdge, succeeded, triggerOf } from './http-edge.testing.ts'
import type { CustomDomain } from './needs.ts'

const route = { functionName: 'Hello', qualifier: 'LATEST', methods: ['GET', 'POST'] }
const domainOf = (differs: Partial<CustomDomain> = {}): CustomDomain => ({
  protocol: 'HTTP',
  authType: 'anonymous',
  routes: [
    {
      ...route,
      path: '/shop/*',
      rewrite: { equal: [], wildcard: [{ match: '/shop/*', replacement: '/$1' }], regex: [] },
    },
    { ...route, path: '/only-get', methods: ['GET'] },
  ],
  ...differs,
})
const invoker = {
  invoke: async ({ event }: { event: Uint8Array }) => succeeded(JSON.parse(Buffer.from(event).toString())),
}

test('a request for a custom domain goes to the function of its route, with the path rewritten', async (t) => {
  // The trigger of the function asks for a signature; the domain does not.
  const edge = await startEdge(t, {
    invoker,
    domains: { 'shop.example.com': domainOf() },
    triggers: [triggerOf({ authType: 'function' })],
  })
  const { status, text } = await edge.ask({ host: 'Shop.Example.com:9080', path: '/shop/a/b?x=1' })
  assert.equal(status, 200)
  const event = JSON.parse(text)
  assert.deepEqual(
    [
      event.rawPath,
      event.queryParameters,
      event.requestContext.domainName,
      event.requestContext.domainPrefix,
    ],
    ['/a/b', { x: '1' }, 'shop.example.com', 'shop'],
  )
  assert.equal(event.requestContext.triggerId, triggerOf().triggerId)
})

test('a function needs no HTTP trigger to be behind a domain', async (t) => {
  const edge = await startEdge(t, { invoker, triggers: [], domains: { 'shop.example.com': domainOf() } })
  const { text } = await edge.ask({ host: 'shop.example.com', path: '/only-get' })
  assert.equal(JSON.parse(text).requestContext.triggerId, '')
})

for (const [what, domain, asked, expected] of [
  ['a path without a route', domainOf(), { path: '/other' }, [404, 'DomainRouteNotFound']],
  [
    'a method that the route does not have',
    domainOf(),
    { path: '/only-get', method: 'POST' },
    [405, 'MethodNotAllowed'],
  ],
  [
    'a protocol that the domain does not speak',
    domainOf({ protocol: 'HTTPS' }),
    { path: '/only-get' },
    [403, 'AccessDenied'],
  ],
  [
    'a domain that wants signatures',
    domainOf({ authType: 'function' }),
    { path: '/only-get' },
    [403, 'AccessDenied'],
  ],
] as const)
  test(`${what} is refused`, async (t) => {
    const { ApiError } = await import('../../wire/api-error.ts')
    const edge = await startEdge(t, {
      domains: { 'shop.example.com': domain },
      needs: {
        authentication: {
          verify: () => {
            throw new ApiError('AccessDenied', 403, 'not signed')
          },
        },
      },
    })
    const { status, text } = await edge.ask({ host: 'shop.example.com', ...asked })
    assert.deepEqual([status, JSON.parse(text).Code], expected)
  })

test('the cross-origin rules are those of the domain', async (t) => {
  const edge = await startEdge(t, {
    invoker,
    domains: { 'shop.example.com': domainOf({ cors: { allowOrigins: ['https://a.example.com'] } }) },
  })
  const ask = async (origin: string) =>
    (await edge.ask({ host: 'shop.example.com', path: '/only-get', headers: { origin } })).headers[
      'access-control-allow-origin'
    ]
  assert.equal(await ask('https://a.example.com'), 'https://a.example.com')
  assert.equal(await ask('https://b.example.com'), undefined)
})

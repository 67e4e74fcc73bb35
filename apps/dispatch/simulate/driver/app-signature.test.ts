import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { appSignature } from './app-signature.ts'

interface OfficialClient {
  post(url: string, options: { data: object; headers: Record<string, string> }): Promise<unknown>
  get(url: string): Promise<unknown>
}
const { Client } = createRequire(import.meta.url)('aliyun-api-gateway') as {
  Client: new (key: string, secret: string) => OfficialClient
}

/** What the official client sent: a stand-in for the gateway that notes one request. */
async function sentBy(send: (client: OfficialClient, url: string) => Promise<unknown>) {
  let seen: { request: IncomingMessage; body: string } | undefined
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    seen = { request, body: Buffer.concat(parts).toString('utf8') }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await send(new Client('key', 'secret'), `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return seen!
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const signedByUs = ({ request, body }: { request: IncomingMessage; body: string }) =>
  appSignature(
    { appKey: 'key', appSecret: 'secret' },
    {
      method: request.method!,
      path: request.url!,
      body,
      nowMs: Number(request.headers['x-ca-timestamp']),
      nonce: String(request.headers['x-ca-nonce']),
    },
  )

test('a signed body has the signature that the official client makes', async () => {
  const seen = await sentBy((client, url) =>
    client.post(`${url}/sessions`, {
      data: { role: 'rider', id: 'r-00001 骑手' },
      headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' },
    }),
  )
  const ours = signedByUs(seen)
  assert.equal(ours['content-md5'], seen.request.headers['content-md5'])
  assert.equal(seen.request.headers['x-ca-signature-headers'], ours['x-ca-signature-headers'])
  assert.equal(ours['x-ca-signature'], seen.request.headers['x-ca-signature'])
})

test('another secret, path or body has another signature', () => {
  const request = { method: 'POST', path: '/a?b=1', body: '{}', nowMs: 1, nonce: 'n' }
  const key = { appKey: 'key', appSecret: 'secret' }
  const signature = (changed: object, secret = 'secret') =>
    appSignature({ ...key, appSecret: secret }, { ...request, ...changed })['x-ca-signature']
  const all = [
    signature({}),
    signature({}, 'other'),
    signature({ path: '/a?b=2' }),
    signature({ body: '{ }' }),
    signature({ nonce: 'o' }),
  ]
  assert.equal(new Set(all).size, all.length)
})

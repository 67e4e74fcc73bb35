import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as plainRequest, type Server } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { systemClock } from '../lib/clock.ts'
import { type CloudAuthority, openCloudAuthority } from './cloud-authority.ts'
import { cloudFront } from './cloud-front.ts'
import type { CloudService } from './part.ts'

const says = (name: CloudService['name']): CloudService => ({
  name,
  handle: (request, response) => void response.end(`${name} ${request.headers.host} ${request.url}`),
})
const upgrading: CloudService = {
  ...says('fc'),
  upgrades: {
    should: () => true,
    upgrade: (request, socket) =>
      void socket.end(`HTTP/1.1 101 ok\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n${request.url}`),
  },
}

describe("the platform behind the vendor's names", () => {
  let authority: CloudAuthority
  const servers: Record<'http' | 'https', Server> = {} as never
  before(async () => {
    authority = await openCloudAuthority({ records: memoryRecordStore(), clock: systemClock })
    const front = cloudFront([says('oss'), says('sts'), upgrading], authority)
    Object.assign(servers, { http: front.plain(), https: front.tls() })
    for (const server of Object.values(servers)) await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  after(() => {
    for (const server of Object.values(servers)) server.close()
  })

  /** As a client that found `name` at 127.0.0.1. */
  async function get(scheme: 'http' | 'https', name: string, headers: Record<string, string> = {}) {
    const { port } = servers[scheme].address() as { port: number }
    const options = {
      host: '127.0.0.1',
      port,
      path: '/path?query',
      servername: name,
      ca: authority.certificate,
      agent: false as const,
      headers: { host: name, ...headers },
    }
    const sent = (scheme === 'http' ? plainRequest : tlsRequest)(options).end()
    const [response] = await once(sent, 'response')
    return { status: response.statusCode as number, said: await text(response) }
  }

  test('is the service of the name, by http and https', async () => {
    for (const scheme of ['http', 'https'] as const) {
      for (const [name, service] of [
        ['Photos.oss-cn-hangzhou.aliyuncs.com', 'oss'],
        ['sts.aliyuncs.com', 'sts'],
        ['1.cn-hangzhou.fc.aliyuncs.com', 'fc'],
      ] as const) {
        const { status, said } = await get(scheme, name)
        assert.deepEqual([status, said], [200, `${service} ${name} /path?query`])
      }
    }
    const withPort = await get('http', 'sts.aliyuncs.com', { host: 'sts.aliyuncs.com:80' })
    assert.equal(withPort.said, 'sts sts.aliyuncs.com:80 /path?query')
  })

  test('says what is not built, and that a name is of no service', async () => {
    const log = await get('https', 'project.cn-hangzhou.log.aliyuncs.com')
    assert.equal(log.status, 501)
    assert.match(log.said, /^NotImplemented: /)
    assert.equal((await get('http', 'localhost')).status, 421)
    assert.equal((await get('https', 'sts.aliyuncs.com', { host: 'example.com' })).status, 421)
  })

  test('shows no certificate for other names', async () => {
    await assert.rejects(get('https', 'www.aliyuncs.com'))
    await assert.rejects(get('https', 'example.com'))
    assert.equal((await get('https', 'sts.aliyuncs.com')).status, 200)
  })

  test('changes the protocol where the service does', async () => {
    const { port } = servers.http.address() as { port: number }
    const sent = plainRequest({
      host: '127.0.0.1',
      port,
      path: '/socket',
      agent: false,
      headers: { host: 'fcv3.cn-hangzhou.aliyuncs.com', connection: 'upgrade', upgrade: 'websocket' },
    }).end()
    const [, socket, head] = await once(sent, 'upgrade')
    assert.equal(head.toString() + (await text(socket)), '/socket')
    const asked = { connection: 'upgrade', upgrade: 'websocket' }
    assert.equal((await get('http', 'sts.aliyuncs.com', asked)).status, 200)
  })
})

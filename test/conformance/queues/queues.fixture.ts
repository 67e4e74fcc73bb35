/** The vendor's clients for queues and topics, and a plain one that signs whatever it is told to. */
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { mnsV2Signature, mnsV4Signature, mnsV4StringToSign } from '../../../src/lib/signing/mns.ts'
import type { Sdk } from '../../clients.fixture.ts'
import type { Platform } from '../../platform.fixture.ts'

const require = createRequire(import.meta.url)

/** `ali-mns`. */
export const aliMns: Sdk = require('ali-mns')

const Client = require('@alicloud/mns')

/** `@alicloud/mns`. */
export function mnsClient(
  { accountId, accessKeyId, accessKeySecret, endpoints }: Platform,
  more: object = {},
): Sdk {
  return new Client(accountId, { endpoint: endpoints.mns, accessKeyId, accessKeySecret, ...more })
}

export interface Asked {
  method: string
  target: string
  body?: string
  headers?: Record<string, string>
  /** Put in after signing. */
  forged?: Record<string, string>
  version?: 'v2' | 'v4'
  dateMs?: number
  accessKeyId?: string
  accessKeySecret?: string
}

export interface Answered {
  status: number
  headers: IncomingMessage['headers']
  body: string
  code: string | undefined
}

/** A signed request. A header that is given as '' is not sent; those in `headers` are signed. */
export async function ask(platform: Platform, asked: Asked): Promise<Answered> {
  const { method, target, body = '', version = 'v2', dateMs = Date.now() } = asked
  const { accessKeyId, accessKeySecret } = { ...platform, ...asked }
  const headers: Record<string, string> = {
    'content-type': 'text/xml;charset=UTF-8',
    'content-md5': createHash('md5').update(body).digest('base64'),
    date: new Date(dateMs).toUTCString(),
    'x-mns-version': '2015-06-06',
    ...asked.headers,
  }
  for (const [name, value] of Object.entries(headers)) if (value === '') delete headers[name]
  if (headers['authorization'] === undefined && asked.headers?.['authorization'] === undefined) {
    const [rawPath = '', rawQuery = ''] = target.split('?')
    const request = { method, rawPath, rawQuery, headers }
    if (version === 'v2') {
      headers['authorization'] = `MNS ${accessKeyId}:${mnsV2Signature(request, accessKeySecret)}`
    } else {
      const scope = {
        date: new Date(dateMs).toISOString().slice(0, 10).replaceAll('-', ''),
        region: platform.region,
      }
      const signature = mnsV4Signature(mnsV4StringToSign(request, scope, dateMs)!, scope, accessKeySecret)
      headers['authorization'] =
        `MNS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.date}/${scope.region}/mns/aliyun_v4_request,Signature=${signature}`
    }
  }
  Object.assign(headers, asked.forged)
  const { hostname, port } = new URL(platform.endpoints.mns)
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path: target, headers, agent: false }, resolve)
    request.on('error', reject)
    request.end(body)
  })
  const received = await text(message)
  return {
    status: message.statusCode!,
    headers: message.headers,
    body: received,
    code: /<Code>(.*?)<\/Code>/.exec(received)?.[1],
  }
}

/** The text of the first element of this name. */
export const field = ({ body }: Answered, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]

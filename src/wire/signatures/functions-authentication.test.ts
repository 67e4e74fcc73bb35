import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { after, before, beforeEach, describe, it } from 'node:test'
import FcClient, * as fc3 from '@alicloud/fc20230330'
import { $OpenApiUtil } from '@alicloud/openapi-core'
import { ManualClock, systemClock } from '../../lib/clock.ts'
import { signAcs3, signAcs3ForTrigger } from '../../lib/signing/acs3.ts'
import { signFc, signFcUrl } from '../../lib/signing/fc.ts'
import { ApiError } from '../api-error.ts'
import { type Caller, headOf, type RequestHead } from '../product-server.ts'
import { functionsAuthentication, triggerAuthentication } from './functions-authentication.ts'
import type { SecretLookup } from './secret-lookup.ts'

/** What is used of `@alicloud/fc2`, which comes without types. */
interface Fc2Client {
  listServices(options: object): Promise<unknown>
  invokeFunction(
    service: string,
    name: string,
    event: string,
    headers: object,
    qualifier: string,
  ): Promise<unknown>
  get(path: string, query: object): Promise<unknown>
  post(path: string, body: string, headers: object, queries: object): Promise<unknown>
}
const FC2: new (accountId: string, config: object) => Fc2Client = createRequire(import.meta.url)(
  '@alicloud/fc2',
)

const NOW_MS = Date.parse('2026-01-01T00:00:00Z')
const root = { accessKeyId: 'LTAIroot', accessKeySecret: 'rootsecret' }

/** Every answer an identity can give, told by the access key. */
const lookup: SecretLookup = {
  accountId: '1234567890123456',
  secretOf(accessKeyId, securityToken) {
    const known = {
      is: 'known',
      accountId: '1234567890123456',
      accessKeySecret: root.accessKeySecret,
    } as const
    if (accessKeyId === root.accessKeyId) return { ...known, allows: { to: 'everything' } }
    if (securityToken === 'expired') return { is: 'expiredToken' }
    if (securityToken === 'role')
      return { ...known, allows: { to: 'actAsRole', roleArn: 'acs:ram::1:role/r' } }
    if (securityToken === 'upload') {
      return { ...known, allows: { to: 'putObjects', bucket: 'fc-code', objectPrefix: '1/' } }
    }
    return securityToken === undefined ? { is: 'unknownAccessKey' } : { is: 'invalidToken' }
  },
}

const clock = new ManualClock(NOW_MS)
const authenticate = functionsAuthentication({
  lookup,
  clock,
  isPublic: (path) => path.startsWith('/hanshu/code/'),
})
const authenticateTrigger = triggerAuthentication({ lookup, clock })

const call = {
  method: 'POST',
  rawPath: '/2023-03-30/functions/f/invocations',
  rawQuery: 'qualifier=LATEST',
  body: 'event',
}

/** Only the head is looked at: the message behind it is never touched. */
const head = (headers: Record<string, string>, changed: Partial<RequestHead> = {}): RequestHead =>
  ({ ...call, target: `${call.rawPath}?${call.rawQuery}`, headers, ...changed }) as RequestHead

const acs3 = (credentials: { accessKeyId: string; accessKeySecret: string; securityToken?: string } = root) =>
  signAcs3({ ...call, headers: { host: 'h', 'content-type': 'text/plain' } }, credentials, {
    nowMs: NOW_MS,
    nonce: 'n',
  })

const fc2016 = { ...call, rawPath: '/2016-08-15/services/s/functions/f/invocations', rawQuery: '' }

function refusal(act: () => unknown): { code: string; status: number; message: string } {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof ApiError)
    const { code, status, message } = error
    return { code, status, message }
  }
  throw new Error('it was not refused')
}

describe('Function Compute lets in', () => {
  it('who signs with the root key, by ACS3 and by FC', () => {
    assert.equal(authenticate(head(acs3())).accountId, '1234567890123456')
    const headers = signFc({ ...fc2016, headers: {} }, root, NOW_MS)
    assert.equal(authenticate(head(headers, fc2016)).accountId, '1234567890123456')
  })

  it('who has a signed URL, until it ends', () => {
    const proxied = { ...call, rawPath: '/2016-08-15/proxy/s/f/x' }
    const rawQuery = signFcUrl({ ...proxied, headers: {} }, root, NOW_MS + 1000)
    assert.equal(authenticate(head({}, { ...proxied, rawQuery })).accountId, '1234567890123456')
    const late = functionsAuthentication({ lookup, clock: new ManualClock(NOW_MS + 1001) })
    assert.equal(refusal(() => late(head({}, { ...proxied, rawQuery }))).code, 'AccessDenied')
  })

  it('a function in its role', () => {
    assert.ok(authenticate(head(acs3({ ...root, accessKeyId: 'STS.x', securityToken: 'role' }))))
  })

  it('anyone to a public path', () => {
    assert.equal(authenticate(head({}, { rawPath: '/hanshu/code/token' })).accountId, '1234567890123456')
  })
})

describe('Function Compute refuses, in the words of the vendor,', () => {
  const cases: [string, () => unknown, number, string, RegExp][] = [
    [
      'no signature',
      () => authenticate(head({})),
      400,
      'MissingRequiredHeader',
      /^required HTTP header Authorization was not specified$/,
    ],
    [
      'an unknown scheme',
      () => authenticate(head({ authorization: 'Basic x' })),
      400,
      'InvalidArgument',
      /Authorization/,
    ],
    [
      'a malformed signature',
      () => authenticate(head({ authorization: 'ACS3-HMAC-SHA256 x' })),
      400,
      'InvalidArgument',
      /Authorization/,
    ],
    [
      'an unknown key',
      () => authenticate(head(acs3({ ...root, accessKeyId: 'x' }))),
      403,
      'InvalidAccessKeyID',
      /^invalid access key ID 'x'\.$/,
    ],
    [
      'another secret',
      () => authenticate(head(acs3({ ...root, accessKeySecret: 'x' }))),
      403,
      'SignatureNotMatch',
      /^The request signature we calculated does not match the signature you provided\./,
    ],
    [
      'another path',
      () => authenticate(head(acs3(), { rawPath: '/2023-03-30/functions/g' })),
      403,
      'SignatureNotMatch',
      /./,
    ],
    [
      'a forged token',
      () => authenticate(head(acs3({ ...root, accessKeyId: 'STS.x', securityToken: 'forged' }))),
      403,
      'InvalidSecurityToken',
      /invalid/,
    ],
    [
      'an expired token',
      () => authenticate(head(acs3({ ...root, accessKeyId: 'STS.x', securityToken: 'expired' }))),
      403,
      'SecurityTokenExpired',
      /expired/,
    ],
    [
      'credentials for code upload',
      () => authenticate(head(acs3({ ...root, accessKeyId: 'STS.x', securityToken: 'upload' }))),
      403,
      'AccessDenied',
      /upload/,
    ],
    [
      'a body digest that is missing',
      () => authenticate(head(signAcs3ForTrigger({ ...call, headers: {} }, root, NOW_MS))),
      400,
      'MissingRequiredHeader',
      /x-acs-content-sha256/,
    ],
  ]
  for (const [what, act, status, code, message] of cases) {
    it(what, () => {
      const refused = refusal(act)
      assert.deepEqual({ status: refused.status, code: refused.code }, { status, code })
      assert.match(refused.message, message)
    })
  }

  it('a request of another time', () => {
    for (const byMs of [-16 * 60_000, 16 * 60_000]) {
      const other = functionsAuthentication({ lookup, clock: new ManualClock(NOW_MS + byMs) })
      const expected = { code: 'RequestTimeTooSkewed', status: 403 }
      for (const [headers, place] of [
        [acs3(), {}],
        [signFc({ ...fc2016, headers: {} }, root, NOW_MS), fc2016],
      ] as const) {
        const { code, status } = refusal(() => other(head(headers, place)))
        assert.deepEqual({ code, status }, expected)
      }
    }
  })

  it('a request without its date', () => {
    const { 'x-acs-date': _, ...undated } = acs3()
    assert.match(refusal(() => authenticate(head(undated))).message, /^required HTTP header x-acs-date/)
    const { date: __, ...undatedFc } = signFc({ ...fc2016, headers: {} }, root, NOW_MS)
    assert.match(refusal(() => authenticate(head(undatedFc, fc2016))).message, /^required HTTP header Date/)
  })

  it('a body that is not the one that was signed', () => {
    const byAcs3 = authenticate(head(acs3()))
    byAcs3.verifyBody?.(Buffer.from('event'))
    assert.equal(refusal(() => byAcs3.verifyBody?.(Buffer.from('evenT'))).code, 'SignatureNotMatch')
    const byFc = authenticate(head(signFc({ ...fc2016, headers: {} }, root, NOW_MS), fc2016))
    byFc.verifyBody?.(Buffer.from('event'))
    assert.equal(refusal(() => byFc.verifyBody?.(Buffer.from('evenT'))).code, 'SignatureNotMatch')
  })
})

describe('an HTTP trigger', () => {
  it('takes a request whose body is not signed', () => {
    const caller = authenticateTrigger(head(signAcs3ForTrigger({ ...call, headers: {} }, root, NOW_MS)))
    assert.deepEqual(caller, { accountId: '1234567890123456' })
  })
  it('takes an FC signature over the path and the query, and not over the path alone', () => {
    const signed = signFc({ ...call, headers: {} }, root, NOW_MS, 'proxy')
    assert.ok(authenticateTrigger(head(signed)))
    const pathOnly = signFc({ ...call, headers: {} }, root, NOW_MS, 'api')
    assert.equal(refusal(() => authenticateTrigger(head(pathOnly))).code, 'SignatureNotMatch')
  })
})

describe('the official SDKs are let in', () => {
  const real = functionsAuthentication({ lookup, clock: systemClock })
  let outcomes: (Caller | Error)[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    try {
      const caller = real(headOf(request))
      caller.verifyBody?.(Buffer.concat(chunks))
      outcomes.push(caller)
    } catch (error) {
      outcomes.push(new Error(`${request.method} ${request.url}`, { cause: error }))
    }
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  let port = 0
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  beforeEach(() => {
    outcomes = []
  })
  after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const odd = ["a b+c'(*)!~", '你好/ü', '{"k":"v&x=1"}', '']

  function allIn(count: number): void {
    assert.equal(outcomes.length, count)
    assert.deepEqual(outcomes.filter((outcome) => outcome instanceof Error).map(String), [])
  }

  it('@alicloud/fc20230330, with odd names, queries and bodies', async () => {
    const client = new FcClient.default(
      new $OpenApiUtil.Config({
        ...root,
        endpoint: `127.0.0.1:${port}`,
        protocol: 'http',
        regionId: 'cn-hangzhou',
      }),
    )
    for (const text of odd) {
      await client.listFunctions(new fc3.ListFunctionsRequest({ prefix: text, nextToken: text, limit: 10 }))
      await client.getFunction(text === '' ? 'f' : text, new fc3.GetFunctionRequest({ qualifier: text }))
      await client.listTagResources(
        new fc3.ListTagResourcesRequest({
          resourceType: 'function',
          tag: [{ key: text, value: text }],
          resourceId: [text],
        }),
      )
      await client.invokeFunctionWithOptions(
        'f',
        new fc3.InvokeFunctionRequest({ qualifier: text, body: Readable.from([Buffer.from(text)]) }),
        new fc3.InvokeFunctionHeaders({ xFcInvocationType: 'Sync' }),
        {} as never,
      )
    }
    await client.createFunction(
      new fc3.CreateFunctionRequest({
        body: new fc3.CreateFunctionInput({ functionName: '你好', description: odd.join() }),
      }),
    )
    allIn(4 * odd.length + 1)
  })

  it('@alicloud/fc2, API and proxy calls', async () => {
    const client = new FC2(lookup.accountId, {
      accessKeyID: root.accessKeyId,
      accessKeySecret: root.accessKeySecret,
      region: 'cn-hangzhou',
      endpoint: `http://127.0.0.1:${port}`,
    })
    for (const text of odd) {
      await client.listServices({ prefix: text })
      await client.invokeFunction('s', 'f', text, {}, 'LATEST')
      await client.post('/proxy/s/f/a/b', text, {}, { q: text, r: '1' })
    }
    await client.get('/proxy/s/f/', {})
    allIn(3 * odd.length + 1)
  })
})

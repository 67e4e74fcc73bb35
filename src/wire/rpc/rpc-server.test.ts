import assert from 'node:assert/strict'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import { silentLogger } from '../../lib/logger.ts'
import { signAcs3 } from '../../lib/signing/acs3.ts'
import { signRpc } from '../../lib/signing/rpc.ts'
import type { AnsweredCall } from '../call-observer.ts'
import { serverOptions } from '../http-server.ts'
import type { SecretLookup } from '../signatures/secret-lookup.ts'
import { type RpcProduct, rpcHandler } from './rpc-server.ts'

const NOW_MS = Date.parse('2026-01-01T00:00:00Z')
const accountId = '1234567890123456'
const keys = { accessKeyId: 'LTAIroot', accessKeySecret: 'rootsecret' }
const lookup: SecretLookup = {
  accountId,
  secretOf: (accessKeyId, securityToken) =>
    accessKeyId === keys.accessKeyId && (securityToken === undefined || securityToken === 'token')
      ? {
          is: 'known',
          accountId,
          accessKeySecret: keys.accessKeySecret,
          allows: { to: 'everything' },
          principal: { is: 'account' },
        }
      : { is: 'unknownAccessKey' },
}

const product: RpcProduct<undefined> = {
  name: 'echo',
  version: '2020-01-01',
  lookup,
  clock: new ManualClock(NOW_MS),
  ids: randomIds,
  context: undefined,
  operations: [
    {
      name: 'Echo',
      async handle({ parameters, principal }) {
        return { Text: parameters.get('Text'), Who: principal?.is }
      },
    },
    {
      name: 'Break',
      anonymous: true,
      async handle() {
        throw new Error('a secret of the house')
      },
    },
  ],
}

const observed: AnsweredCall[] = []
const server = createServer(
  serverOptions,
  (request, response) =>
    void rpcHandler(product, silentLogger, (call) => observed.push(call))(request, response),
)
let origin = ''
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => void server.close().closeAllConnections())

interface Ask {
  method?: string
  query?: Record<string, string>
  form?: Record<string, string>
  headers?: Record<string, string>
}

function ask({
  method = 'POST',
  query = {},
  form,
  headers = {},
}: Ask): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const type = form ? { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } : {}
    const target = `${origin}/?${new URLSearchParams(query)}`
    const sent = httpRequest(target, { method, headers: { ...type, ...headers } })
    sent.once('error', reject).once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode!, text }))
    })
    sent.end(form && new URLSearchParams(form).toString())
  })
}

const moment = { nowMs: NOW_MS, nonce: 'n' }
const echo = { Action: 'Echo', Version: '2020-01-01', Format: 'JSON' }

describe('an RPC API', () => {
  it('takes parameters in the query, in a form, or some here and some there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom({}, { securityToken: 'token' }),
        async (Text, inQuery, token) => {
          const signed = signRpc(
            { method: 'POST', parameters: { ...echo, Text } },
            { ...keys, ...token },
            moment,
          )
          const query: Record<string, string> = {}
          const form: Record<string, string> = {}
          for (const [name, value] of Object.entries(signed)) {
            if (inQuery.next().value) query[name] = value
            else form[name] = value
          }
          const { status, text } = await ask({ query, form })
          assert.equal(status, 200, text)
          const answered = JSON.parse(text)
          assert.equal(answered.Text, Text.toWellFormed())
          assert.equal(answered.Who, 'account')
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is not called by who changed any parameter after it was signed', async () => {
    const signed = signRpc({ method: 'POST', parameters: { ...echo, Text: 'a' } }, keys, moment)
    for (const name of Object.keys(signed).filter(
      (one) => !['Action', 'Version', 'AccessKeyId'].includes(one),
    )) {
      const { status, text } = await ask({ form: { ...signed, [name]: `${signed[name]}0` } })
      assert.equal(status, 400, `${name}: ${text}`)
    }
    const more = await ask({ form: signed, query: { More: '1' } })
    assert.equal(JSON.parse(more.text).Code, 'SignatureDoesNotMatch')
    const otherMethod = await ask({ method: 'GET', query: signed })
    assert.equal(JSON.parse(otherMethod.text).Code, 'SignatureDoesNotMatch')
  })

  it('takes ACS3 with the body that was signed, and names that were', async () => {
    const body = 'Text=b'
    const headers = {
      host: new URL(origin).host,
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': 'Echo',
      'x-acs-version': '2020-01-01',
    }
    const signed = signAcs3({ method: 'POST', rawPath: '/', headers, body }, keys, moment)
    const right = await ask({ form: { Text: 'b' }, headers: signed })
    assert.equal(JSON.parse(right.text).Text, 'b')
    const changed = await ask({ form: { Text: 'c' }, headers: signed })
    assert.equal(JSON.parse(changed.text).Code, 'SignatureDoesNotMatch')
    const { 'x-acs-action': action, ...others } = headers
    const unsigned = signAcs3({ method: 'POST', rawPath: '/', headers: others, body }, keys, moment)
    const added = await ask({ form: { Text: 'b' }, headers: { ...unsigned, 'x-acs-action': action } })
    assert.equal(JSON.parse(added.text).Code, 'IncompleteSignature')
  })

  it('answers XML with the same content, and says nothing of what broke inside', async () => {
    const signed = signRpc(
      { method: 'POST', parameters: { ...echo, Format: 'XML', Text: '<&>' } },
      keys,
      moment,
    )
    const { text } = await ask({ form: signed })
    assert.match(text, /<EchoResponse><RequestId>[0-9A-F-]{36}<\/RequestId><Text>&lt;&amp;&gt;<\/Text>/)
    const broken = await ask({ query: { ...echo, Action: 'Break' } })
    assert.deepEqual([broken.status, JSON.parse(broken.text).Code], [500, 'InternalError'])
    assert.ok(!broken.text.includes('secret'))
  })
})

describe('an observer', () => {
  it('is told of calls whose signature holds, done or refused, and of no others', async () => {
    observed.length = 0
    const signed = (parameters: Record<string, string>, secret = keys) =>
      ask({ query: signRpc({ method: 'POST', parameters: { ...echo, ...parameters } }, secret, moment) })
    const { status } = await signed({ Text: 'hello' })
    assert.equal(status, 200)
    await signed({ Text: 'forged' }, { ...keys, accessKeySecret: 'x' })
    await signed({ Action: 'Nothing' })
    await ask({ query: { ...echo, Action: 'Break' } })
    assert.deepEqual(
      observed.map((call) => [call.product, call.version, call.operation, call.principal.is, call.status]),
      [['echo', '2020-01-01', 'Echo', 'account', 200]],
    )
    assert.equal(observed[0]?.errorCode, undefined)
    assert.equal(new Map(observed[0]?.named).get('Text'), 'hello')
  })
})

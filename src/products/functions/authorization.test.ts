import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { AccessControl, AccessRequest } from '../../wire/access.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { operations20160815 } from './api-2016-08-15/index.ts'
import { operations20210406 } from './api-2021-04-06/index.ts'
import { resourceOf } from './authorization.ts'
import { operations } from './operations/index.ts'
import { accountId, region, startTestbed, type Testbed, zipOf } from './testbed.fixture.ts'

const user: Principal = { is: 'user', userName: 'ann', userId: '21' }

describe('the resource of an operation', () => {
  it('is what its path names, and everything of a kind where something is made or listed', () => {
    const of = (route: string, path: Record<string, string> = {}, query = '') =>
      resourceOf(route, path, new URLSearchParams(query))
    const v3 = '/2023-03-30'
    const f = { functionName: 'f' }
    const s = { service: 's', functionName: 'f' }
    for (const [actual, expected] of [
      [of(`POST ${v3}/functions`), 'functions/*'],
      [of(`GET ${v3}/functions/{functionName}`, f), 'functions/f'],
      [of(`POST ${v3}/functions/{functionName}/invocations`, f, 'qualifier=1'), 'functions/f'],
      [of(`PUT ${v3}/functions/{functionName}/concurrency`, f), 'functions/f'],
      [of(`GET ${v3}/functions/{functionName}/triggers`, f), 'functions/f/triggers/*'],
      [
        of(`PUT ${v3}/functions/{functionName}/triggers/{triggerName}`, { ...f, triggerName: 't' }),
        'functions/f/triggers/t',
      ],
      [of(`GET ${v3}/concurrency-configs`), 'functions/*'],
      [of(`POST ${v3}/tags-v2`), 'functions/*'],
      [of(`DELETE ${v3}/custom-domains/{domainName}`, { domainName: 'd.com' }), 'custom-domains/d.com'],
      [of(`POST ${v3}/layers/{layerName}/versions`, { layerName: 'l' }), 'layers/l/versions/*'],
      [
        of(`GET ${v3}/layerarn/{arn+}`, { arn: `acs:fc:${region}:${accountId}:layers/l/versions/2` }),
        'layers/l/versions/2',
      ],
      [of(`GET ${v3}/regions`), '*'],
      [of('GET /hanshu/functions/{functionName}/logs', f), 'functions/f'],
      [of('GET /hanshu/status'), '*'],
      [of('POST /2021-04-06/services'), 'services/*'],
      [of('POST /2021-04-06/services/{service}/functions', s), 'services/s/functions/*'],
      [of('GET /2021-04-06/services/{service}/functions/{functionName}', s), 'services/s/functions/f'],
    ]) {
      assert.equal(actual, expected)
    }
  })

  it('is one and the same however a function of a service is named', () => {
    const old = 'POST /2016-08-15/services/{service}/functions/{functionName}/invocations'
    const current = 'POST /2023-03-30/functions/{functionName}/invocations'
    const prod = new URLSearchParams('qualifier=prod')
    const none = new URLSearchParams()
    const functionName = 'f'
    assert.deepEqual(
      [
        resourceOf(old, { service: 's.prod', functionName }, none),
        resourceOf(old, { service: 's', functionName }, prod),
        resourceOf(current, { functionName: 's$f' }, prod),
      ],
      Array.from({ length: 3 }, () => 'services/s.prod/functions/f'),
    )
    assert.deepEqual(
      [
        resourceOf(old, { service: 's.LATEST', functionName }, none),
        resourceOf(current, { functionName: 's$f' }, none),
      ],
      ['services/s/functions/f', 'services/s/functions/f'],
    )
  })

  it('is named for every operation that there is', () => {
    for (const { name, route } of [...operations, ...operations20160815, ...operations20210406]) {
      const path = Object.fromEntries([...route.matchAll(/\{(.+?)\+?\}/g)].map(([, key]) => [key!, 'x']))
      assert.match(resourceOf(route, path, new URLSearchParams()), /^(\*|[a-z-]+\/[^/]+(\/.+)?)$/, name)
    }
  })
})

describe('a caller who may not do everything', () => {
  const asked: AccessRequest[] = []
  let allowed: ReadonlySet<string> = new Set()
  let caller: Principal = user
  const access: Pick<AccessControl, 'mayDo'> = {
    mayDo(principal, request) {
      asked.push(request)
      return principal.is === 'account' || allowed.has(request.action)
    },
  }
  let bed: Testbed
  before(async () => {
    bed = await startTestbed({
      access,
      uploadBucket: 'fc-code',
      roles: { trustFunctionCompute: (roleArn) => !roleArn.endsWith('/other') },
      authenticate: () => ({ accountId, principal: caller }),
    })
  })
  after(() => bed.close())

  it('is refused in the words of the vendor, before the body is looked at', async () => {
    allowed = new Set()
    const answer = await bed.call('POST', '/2023-03-30/functions/f/invocations', 'not looked at')
    assert.equal(answer.status, 403)
    assert.equal(answer.json.Code, 'AccessDenied')
    assert.equal(
      answer.json.Message,
      `the caller is not authorized to perform 'fc:InvokeFunction' on resource 'acs:fc:${region}:${accountId}:functions/f'`,
    )
    assert.equal(bed.invocations.length, 0)
    assert.equal(asked.at(-1)!.conditions?.()['acs:SecureTransport'], 'false')
    const old = await bed.call('GET', '/2016-08-15/services')
    assert.match(old.json.ErrorMessage, /'fc:ListServices' on resource 'acs:fc:.*:services\/\*'/)
  })

  it('may hand on a role only where allowed to, and one that trusts Function Compute', async () => {
    const create = async (functionName: string, role: string): Promise<string> => {
      const answer = await bed.createFunction(functionName, { role: `acs:ram::${accountId}:role/${role}` })
      return answer.status === 200 ? 'created' : `${answer.status} ${answer.json.Message}`
    }
    allowed = new Set(['fc:CreateFunction', 'fc:UpdateFunction'])
    assert.match(
      await create('a', 'r'),
      /^403 .*not authorized to perform 'ram:PassRole' on resource 'acs:ram::/,
    )
    allowed = new Set([...allowed, 'ram:PassRole'])
    assert.match(
      await create('a', 'other'),
      /^403 No permission to assume the role 'acs:ram::.*:role\/other' for you/,
    )
    assert.equal(await create('a', 'r'), 'created')
    assert.equal(asked.at(-1)!.conditions?.()['acs:Service'], 'fc.aliyuncs.com')
    // What stays as it is was handed on by somebody else.
    allowed = new Set(['fc:UpdateFunction'])
    const update = (body: object) => bed.call('PUT', '/2023-03-30/functions/a', body)
    assert.equal((await update({ description: 'd' })).status, 200)
    assert.equal((await update({ role: `acs:ram::${accountId}:role/s` })).status, 403)
  })

  it('may make code only of objects that it may read, and of what it has uploaded', async () => {
    allowed = new Set(['fc:CreateFunction'])
    for (const bucket of ['fc-code', 'others']) bed.uploads.set(`${accountId}/${bucket}/a.zip`, zipOf('a'))
    const create = (functionName: string, ossBucketName: string) =>
      bed.createFunction(functionName, { code: { ossBucketName, ossObjectName: 'a.zip' } })
    assert.equal((await create('uploaded', 'fc-code')).status, 200)
    const refused = await create('read', 'others')
    assert.deepEqual(
      [refused.status, refused.json.Message],
      [403, "unable to access object 'a.zip' in bucket 'others'"],
    )
    allowed = new Set([...allowed, 'oss:GetObject'])
    assert.equal((await create('read', 'others')).status, 200)
    assert.equal(asked.at(-1)!.resource, `acs:oss:*:${accountId}:others/a.zip`)
  })

  it('may not debug, whatever policies say', async () => {
    allowed = new Set(['fc:DebugFunction'])
    const answer = await bed.call('POST', '/hanshu/functions/a/debug')
    assert.deepEqual([answer.status, answer.json.Message], [403, 'only the account itself may do this'])
  })

  it('may not have a snapshot, which has all secrets, nor the scrubber', async () => {
    allowed = new Set(['fc:TakeSnapshot', 'fc:ScrubObjects'])
    for (const what of ['snapshot', 'scrub']) {
      const answer = await bed.call('POST', `/hanshu/${what}`)
      assert.deepEqual([answer.status, answer.json.Message], [403, 'only the account itself may do this'])
    }
  })

  it('that is nobody is a mistake of ours, and gets nothing', async () => {
    const anonymous = await startTestbed({ access })
    try {
      assert.equal((await anonymous.call('GET', '/2023-03-30/functions')).status, 500)
    } finally {
      await anonymous.close()
    }
  })

  it('that is the account is not even asked about', async () => {
    caller = { is: 'account' }
    asked.length = 0
    assert.equal((await bed.call('GET', '/2023-03-30/functions')).status, 200)
    assert.deepEqual(asked, [])
  })
})

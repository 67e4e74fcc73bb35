/** RoutingRules by ali-oss: redirects, and mirrors of an origin that listens beside the platform. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, it } from 'node:test'
import { startPlatform } from '../../platform.fixture.ts'
import { sharedPlatform } from '../conformance.fixture.ts'
import { ossClient, refused, type Sdk } from './objects.fixture.ts'

let oss: Sdk
let origin: Server
let originUrl = ''
const heard: string[] = []
const bed = sharedPlatform({}, async ({ platform }) => {
  oss = ossClient(platform, { bucket: 'routed', authorizationV4: true })
  await oss.putBucket('routed')
  origin = createServer((request, response) => {
    heard.push(`${request.url} ${request.headers['x-kind'] ?? ''}`)
    if (request.url!.includes('missing')) response.writeHead(404).end()
    else if (request.url!.includes('broken')) response.writeHead(503).end()
    else response.writeHead(200, { 'content-type': 'text/origin' }).end(`origin of ${request.url}`)
  })
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/base/`
})
after(async () => {
  origin?.closeAllConnections()
  await new Promise((resolve) => origin?.close(resolve))
})

const external = {
  RuleNumber: '2',
  Condition: { KeyPrefixEquals: 'away/', HttpErrorCodeReturnedEquals: '404' },
  Redirect: {
    RedirectType: 'External',
    PassQueryString: 'true',
    ReplaceKeyPrefixWith: 'there/',
    Protocol: 'https',
    HostName: 'www.example.com',
    HttpRedirectCode: '301',
  },
}
const mirror = () => ({
  RuleNumber: '1',
  Condition: { KeyPrefixEquals: 'abc/', HttpErrorCodeReturnedEquals: '404' },
  Redirect: {
    RedirectType: 'Mirror',
    MirrorURL: originUrl,
    MirrorFollowRedirect: 'true',
    MirrorCheckMd5: 'false',
    MirrorHeaders: { PassAll: 'true', Remove: ['x-other'], Set: { Key: 'x-kind', Value: 'mirror' } },
  },
})

it('rules are put and read back', async () => {
  await oss.putBucketWebsite('routed', { index: 'index.html', routingRules: [external, mirror()] })
  const { index, routingRules } = await oss.getBucketWebsite('routed')
  assert.equal(index, 'index.html')
  assert.deepEqual(
    routingRules.map(({ RuleNumber, Redirect }: Sdk) => [RuleNumber, Redirect.RedirectType]),
    [
      ['1', 'Mirror'],
      ['2', 'External'],
    ],
  )
  assert.deepEqual(
    { ...routingRules[1].Condition, ...routingRules[1].Redirect },
    {
      ...external.Condition,
      ...external.Redirect,
    },
  )
  assert.equal(routingRules[0].Redirect.MirrorHeaders.Set.Value, 'mirror')
  const wrong = { ...external, Redirect: { ...external.Redirect, HttpRedirectCode: '305' } }
  assert.deepEqual(await refused(oss.putBucketWebsite('routed', { routingRules: [wrong] })), {
    code: 'InvalidArgument',
    status: 400,
  })
})

it('what is not there is mirrored, for those that may read it, and is there then', async () => {
  const first = await oss.get('abc/k 你')
  const path = '/base/abc/k%20%E4%BD%A0'
  assert.equal(first.content.toString(), `origin of ${path}`)
  assert.equal(first.res.headers['content-type'], 'text/origin')
  assert.deepEqual(heard, [`${path} mirror`])
  const head = await oss.head('abc/k 你')
  assert.equal(head.res.headers['content-type'], 'text/origin')
  assert.match(
    decodeURIComponent(head.res.headers['x-oss-tag']),
    /^MIRROR=http:\/\/127\.0\.0\.1:\d+\/base\/abc/,
  )
  assert.equal((await oss.get('abc/k 你')).content.toString(), `origin of ${path}`)
  assert.equal(heard.length, 1)
  const listed = await oss.list({ prefix: 'abc/' })
  assert.equal(listed.objects.length, 1)

  const anonymous = `${bed.platform.endpoints.oss}/routed/abc/other`
  assert.equal((await fetch(anonymous)).status, 403)
  assert.equal(heard.length, 1)
  assert.deepEqual(await refused(oss.get('abc/missing')), { code: 'NoSuchKey', status: 404 })
  assert.deepEqual(await refused(oss.get('abc/broken')), { code: 'MirrorFailed', status: 424 })
  assert.deepEqual(await refused(oss.head('abc/new')), { code: 'NoSuchKey', status: 404 })
})

it('a redirect is answered as the rule says', async () => {
  const url = new URL(oss.signatureUrl('away/k'))
  url.searchParams.set('a', 'b')
  const { status, headers } = await fetch(url, { redirect: 'manual' })
  assert.deepEqual([status, headers.get('location')], [301, 'https://www.example.com/there/k?a=b'])
})

it('an origin that is not public is refused where the operator says so', async () => {
  const platform = await startPlatform({ environment: { HANSHU_PRIVATE_TARGETS: 'nobody' } })
  try {
    const guarded = ossClient(platform, { bucket: 'guarded' })
    await guarded.putBucket('guarded')
    assert.deepEqual(await refused(guarded.putBucketWebsite('guarded', { routingRules: [mirror()] })), {
      code: 'InvalidArgument',
      status: 400,
    })
    const { Redirect, ...rule } = mirror()
    const byName = { ...Redirect, MirrorURL: originUrl.replace('127.0.0.1', 'localhost') }
    await guarded.putBucketWebsite('guarded', { routingRules: [{ ...rule, Redirect: byName }] })
    const before = heard.length
    assert.deepEqual(await refused(guarded.get('abc/k')), { code: 'MirrorFailed', status: 424 })
    assert.equal(heard.length, before)
  } finally {
    await platform.remove()
  }
})

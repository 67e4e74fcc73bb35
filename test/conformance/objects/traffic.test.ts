/** Limits of speed by ali-oss: in a header, in a signed URL and in an upload of parts. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { sharedPlatform } from '../conformance.fixture.ts'
import { ossClient, refused, type Sdk } from './objects.fixture.ts'

let oss: Sdk
sharedPlatform({}, async ({ platform }) => {
  oss = ossClient(platform, { bucket: 'slow', authorizationV4: true })
  await oss.putBucket('slow')
})

/** Each its own: the SDK writes into the headers that it is given. */
const limited = () => ({ headers: { 'x-oss-traffic-limit': 819_200 } })
const bytes = randomBytes(20_000)

it('the bytes of a limited request are the same', async () => {
  await oss.put('k', bytes, limited())
  assert.ok((await oss.get('k', limited())).content.equals(bytes))
  assert.ok((await oss.get('k')).content.equals(bytes))
  await oss.copy('copied', 'k', limited())
  assert.ok((await oss.get('copied')).content.equals(bytes))
  const appended = await oss.append('log', bytes, limited())
  assert.equal(appended.nextAppendPosition, '20000')
  await oss.multipartUpload('parts', Buffer.alloc(110_000, 'x'), { partSize: 102_400, ...limited() })
  assert.equal((await oss.head('parts')).res.headers['content-length'], '110000')
})

it('a signed URL carries its limit', async () => {
  for (const version of ['signatureUrl', 'signatureUrlV4'] as const) {
    const trafficLimit = 838_860_800
    const url =
      version === 'signatureUrl'
        ? oss.signatureUrl('k', { trafficLimit })
        : await oss.signatureUrlV4('GET', 60, { queries: { 'x-oss-traffic-limit': trafficLimit } }, 'k')
    assert.match(url, /x-oss-traffic-limit=838860800/)
    const answer = await fetch(url)
    assert.equal(answer.status, 200)
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes))
  }
})

it('a limit that is none is refused', async () => {
  const wrong = () => ({ headers: { 'x-oss-traffic-limit': '1' } })
  const refusals = await Promise.all(
    [oss.put('never', bytes, wrong()), oss.get('k', wrong()), oss.copy('never', 'k', wrong())].map((no) =>
      refused(no),
    ),
  )
  for (const refusal of refusals) assert.deepEqual(refusal, { code: 'InvalidArgument', status: 400 })
  assert.equal((await refused(oss.head('never'))).code, 'NoSuchKey')
})

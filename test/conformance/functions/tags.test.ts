/** Tags of functions, through the vendor's SDK. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, models } from '../../clients.fixture.ts'
import { assertRefused, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform({}, async ({ client }) => {
  for (const functionName of ['a', 'b', 'c'])
    await createFunction(client, { functionName, files: { 'index.js': 'exports.handler = async () => 1' } })
})

const arn = (name: string) => `acs:fc:${bed.platform.region}:${bed.platform.accountId}:functions/${name}`
const tagsOf = (pairs: Record<string, string>) =>
  Object.entries(pairs).map(([key, value]) => new models.Tag({ key, value }))
const tag = (names: string[], pairs: Record<string, string>, resourceType = 'FUNCTION') =>
  bed.client.tagResources(
    requestWith('TagResources', { resourceType, resourceId: names.map(arn), tag: tagsOf(pairs) }),
  )
const untag = (names: string[], fields: object) =>
  bed.client.untagResources(
    request('UntagResources', { resourceType: 'function', resourceId: names.map(arn), ...fields }),
  )
const list = async (fields: object) => {
  const { body } = await bed.client.listTagResources(
    request('ListTagResources', { resourceType: 'ALIYUN::FC:FUNCTION', ...fields }),
  )
  const found = body.tagResources.map((one: { resourceId: string; tagKey: string; tagValue: string }) =>
    [one.resourceId.split('/').at(-1), one.tagKey, one.tagValue].join(' '),
  )
  return { found, nextToken: body.nextToken }
}

describe('tags', () => {
  test('are given to several functions, replaced, listed, found, and taken away', async () => {
    const { body: before } = await bed.client.getFunction('a', request('GetFunction'))
    assert.equal((await tag(['a', 'b'], { team: 'one', stage: 'test' })).statusCode, 200)
    await tag(['b'], { team: 'two' })
    assert.deepEqual((await list({ resourceId: [arn('a'), arn('b'), arn('c')] })).found, [
      'a team one',
      'a stage test',
      'b stage test',
      'b team two',
    ])
    assert.deepEqual((await list({ tag: tagsOf({ team: 'two' }) })).found, ['b stage test', 'b team two'])
    assert.deepEqual((await list({ tag: tagsOf({ team: 'two', stage: 'x' }) })).found, [])
    const { body: after } = await bed.client.getFunction('a', request('GetFunction'))
    assert.deepEqual(
      after.tags.map(({ key, value }: { key: string; value: string }) => [key, value]),
      [
        ['team', 'one'],
        ['stage', 'test'],
      ],
    )
    assert.equal(after.lastModifiedTime, before.lastModifiedTime)

    await untag(['a', 'b'], { tagKey: ['stage', 'absent'] })
    assert.deepEqual((await list({ resourceId: [arn('a'), arn('b')] })).found, ['a team one', 'b team two'])
    await untag(['a', 'b'], { all: true })
    assert.deepEqual((await list({ resourceId: [arn('a'), arn('b')] })).found, [])
  })

  test('are listed in pages of functions', async () => {
    await tag(['a', 'b', 'c'], { paged: 'yes' })
    const wanted = { tag: [new models.Tag({ key: 'paged' })], limit: 2 }
    const first = await list(wanted)
    assert.deepEqual(first.found, ['a paged yes', 'b paged yes'])
    const second = await list({ ...wanted, nextToken: first.nextToken })
    assert.deepEqual([second.found, second.nextToken], [['c paged yes'], undefined])
  })

  test('do not make a new revision of the function', async () => {
    const publish = () => bed.client.publishFunctionVersion('c', requestWith('PublishFunctionVersion', {}))
    await publish()
    await tag(['c'], { more: 'x' })
    await assertRefused(publish(), 409, 'VersionPublishError')
  })

  describe('are refused', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']))
    before(() => tag(['a'], { kept: 'v' }))
    for (const [what, attempt, status, code] of [
      [
        'for a function that is not there',
        () => tag(['a', 'absent'], { lost: 'v' }),
        404,
        'FunctionNotFound',
      ],
      ['beyond 20', () => tag(['a'], many(20)), 400, 'InvalidArgument'],
      ['for what is no function', () => tag(['a'], { k: 'v' }, 'layer'), 501, 'NotImplemented'],
      [
        'without a type',
        () => list({ resourceType: undefined, resourceId: [arn('a')] }),
        400,
        'InvalidArgument',
      ],
      ['in a list of everything', () => list({}), 400, 'InvalidArgument'],
      ['to be taken away without saying which', () => untag(['a'], {}), 400, 'InvalidArgument'],
      [
        'for an ARN of another account',
        () => list({ resourceId: ['acs:fc:cn-hangzhou:1:functions/a'] }),
        400,
        'InvalidArgument',
      ],
    ] as const) {
      test(what, async () => {
        await assertRefused(attempt(), status, code)
        const { found } = await list({ resourceId: [arn('a')] })
        assert.ok(
          found.includes('a kept v') && !found.some((one: string) => / (lost|k\d+) /.test(one)),
          `${found}`,
        )
      })
    }
  })
})

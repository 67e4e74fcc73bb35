/** ActionTrail, through the vendor's generic RPC client: who did what, in every product. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { createFunction, fc3Client, type Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { request, sharedPlatform } from '../conformance.fixture.ts'
import { type Keys, refused, stsClient, user } from '../identity/identity.fixture.ts'
import { ramClient } from '../identity/ram.fixture.ts'
import { mnsClient } from '../queues/queues.fixture.ts'
import { tablesClient } from '../tables/tables.fixture.ts'

const { RPCClient } = createRequire(import.meta.url)('@alicloud/pop-core')
const OSS = createRequire(import.meta.url)('ali-oss')

const bed = sharedPlatform()

const trailClient = (
  { endpoints }: Platform,
  { accessKeyId, accessKeySecret }: Keys,
): { request(action: string, parameters?: object): Promise<Sdk> } =>
  new RPCClient({
    accessKeyId,
    accessKeySecret,
    endpoint: endpoints.actiontrail,
    apiVersion: '2020-07-06',
  })

async function events(conditions: Record<string, string>, platform = bed.platform): Promise<Sdk[]> {
  const given = Object.entries(conditions).flatMap(([key, value], index) => [
    [`LookupAttribute.${index + 1}.Key`, key],
    [`LookupAttribute.${index + 1}.Value`, value],
  ])
  const answer = await trailClient(platform, platform).request(
    'LookupEvents',
    Object.fromEntries([...given, ['MaxResults', '50']]),
  )
  return answer.Events
}

describe('LookupEvents', () => {
  test('has the calls of every product, done and refused, with who made them', async () => {
    const { platform, client } = bed
    const { accountId } = platform
    await createFunction(client, { functionName: 'seen', files: { 'index.js': 'exports.handler = 1' } })
    const eve = await user(platform, 'eve', [])
    const byEve = fc3Client({ ...platform, ...eve }, { ...eve })
    await assert.rejects(byEve.deleteFunction('seen'))
    await assert.rejects(byEve.getFunction('seen', request('GetFunction')))
    await stsClient(platform, eve).getCallerIdentity()
    await assert.rejects(ramClient(platform, eve)('CreateUser', { userName: 'friend' }))
    const oss = new OSS({
      accessKeyId: platform.accessKeyId,
      accessKeySecret: platform.accessKeySecret,
      bucket: 'audited',
      region: 'oss-cn-hangzhou',
      endpoint: platform.endpoints.oss.replace('127.0.0.1', 'localhost'),
      sldEnable: true,
      secure: false,
    })
    await oss.putBucket('audited')
    await oss.put('a', Buffer.from('data'))

    const mns = mnsClient(platform)
    await mns.createQueue('watched', {})
    await mns.sendMessage('watched', { MessageBody: 'text' })
    const tables = tablesClient(platform)
    await tables.createTable({
      tableMeta: { tableName: 'rows', primaryKey: [{ name: 'id', type: 'STRING' }] },
      reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
      tableOptions: { timeToLive: -1, maxVersions: 1 },
    })

    const ofEve = (await events({ User: 'eve' })).map((event) => [
      event.serviceName,
      event.eventName,
      event.errorCode,
    ])
    assert.deepEqual(ofEve, [
      ['Ram', 'CreateUser', 'NoPermission'],
      ['Sts', 'GetCallerIdentity', undefined],
      ['Fc', 'GetFunction', 'AccessDenied'],
      ['Fc', 'DeleteFunction', 'AccessDenied'],
    ])
    const [created] = await events({ EventName: 'CreateFunction' })
    assert.equal(created.userIdentity.type, 'root-account')
    assert.deepEqual([created.sourceIpAddress, created.acsRegion], ['127.0.0.1', 'cn-hangzhou'])
    assert.match(created.eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const [refusal] = await events({ User: 'eve', ServiceName: 'Ram' })
    assert.deepEqual(
      [refusal.resourceType, refusal.resourceName, refusal.apiVersion, refusal.userIdentity.accessKeyId],
      ['ACS::RAM::User', 'friend', '2015-05-01', eve.accessKeyId],
    )
    assert.equal(refusal.userIdentity.accountId, accountId)
    const ofObjects = (await events({ ServiceName: 'Oss', EventRW: 'Write' })).map(
      ({ eventName, resourceName }) => [eventName, resourceName],
    )
    assert.deepEqual(ofObjects, [['PutBucket', 'audited']])
    for (const [service, operation] of [
      ['Mns', 'CreateQueue'],
      ['Ots', 'CreateTable'],
    ] as const) {
      const written = await events({ ServiceName: service, EventRW: 'Write' })
      assert.deepEqual(
        written.map(({ eventName }) => eventName),
        [operation],
      )
    }
    assert.equal((await events({ EventId: refusal.eventId })).length, 1)
    assert.ok(!JSON.stringify(await events({})).includes(eve.accessKeySecret))
  })

  test('goes on page by page, and refuses who may not look', async () => {
    const { platform } = bed
    const client = trailClient(platform, platform)
    const seen: string[] = []
    let token: string | undefined
    do {
      const page = await client.request('LookupEvents', {
        MaxResults: '2',
        'LookupAttribute.1.Key': 'EventRW',
        'LookupAttribute.1.Value': 'Write',
        ...(token ? { NextToken: token } : {}),
      })
      seen.push(...page.Events.map(({ eventId }: Sdk) => eventId))
      token = page.NextToken
    } while (token)
    assert.ok(seen.length > 4)
    assert.equal(new Set(seen).size, seen.length)

    const mallory = await user(platform, 'mallory', [])
    const answer = await refused(trailClient(platform, mallory).request('LookupEvents'))
    assert.deepEqual([answer.status, answer.code], [403, 'NoPermission'])
    const auditor = await user(platform, 'auditor', [], ['AliyunActionTrailReadOnlyAccess'])
    assert.ok((await trailClient(platform, auditor).request('LookupEvents')).Events.length > 0)
    const odd = await refused(client.request('LookupEvents', { Direction: 'UP' }))
    assert.deepEqual([odd.status, odd.code], [400, 'InvalidQueryParameter'])
    const notBuilt = await refused(client.request('CreateTrail', { Name: 'x' }))
    assert.deepEqual([notBuilt.status, notBuilt.code], [501, 'NotImplemented'])
  })

  test('has what was done before a restart', async () => {
    const first = await startPlatform()
    try {
      await ramClient(first, first)('CreateUser', { userName: 'kept' })
      await first.stop()
      const again = await startPlatform({ dataDir: first.dataDir })
      try {
        const [event] = await events({ EventName: 'CreateUser' }, again)
        assert.equal(event.resourceName, 'kept')
      } finally {
        await again.stop()
      }
    } finally {
      await first.remove()
    }
  })
})

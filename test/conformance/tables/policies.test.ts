/** Policies in front of Table Store: what users and sessions of roles may do with which tables. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import {
  administered,
  type Keys,
  role,
  stsClient,
  stsModels,
  system,
  user,
} from '../identity/identity.fixture.ts'
import {
  assertRefused,
  columnsOf,
  ignore,
  long,
  sharedTables,
  TableStore,
  tablesClient,
} from './tables.fixture.ts'

const bed = sharedTables()
const words = 'You have no permission to access the requested resource, please contact the resource owner.'
const denied = [403, 'OTSNoPermissionAccess', words] as const

const clientOf = ({ accessKeyId, accessKeySecret, securityToken }: Keys, more: object = {}): Sdk => {
  const keys = { ...bed.platform, accessKeyId, accessKeySecret }
  return tablesClient(keys, { ...(securityToken === undefined ? {} : { stsToken: securityToken }), ...more })
}

const allow = (Action: string | string[], ...tables: string[]) => ({
  Effect: 'Allow',
  Action,
  Resource: tables.map((name) => `acs:ots:*:*:instance/conformance/table/${name}`),
})
const deny = (Action: string | string[], ...tables: string[]) => ({
  ...allow(Action, ...tables),
  Effect: 'Deny',
})

const tableOf = (tableName: string, more: object = {}) => ({
  tableMeta: { tableName, primaryKey: [{ name: 'id', type: 'INTEGER' }] },
  reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
  tableOptions: { timeToLive: -1, maxVersions: 1 },
  ...more,
})
/** Made by the account, each with a row 0. */
async function tables(...names: string[]): Promise<void> {
  for (const name of names) {
    await bed.client.createTable(tableOf(name))
    await put(bed.client, name, 0)
  }
}

const key = (id: number) => [{ id: long(id) }]
const put = (client: Sdk, tableName: string, id: number) =>
  client.putRow({
    tableName,
    condition: ignore(),
    primaryKey: key(id),
    attributeColumns: [{ of: tableName }],
  })
const get = async (client: Sdk, tableName: string, id: number) => {
  const { row } = await client.getRow({ tableName, primaryKey: key(id), maxVersions: 1 })
  return columnsOf(row.attributes ? row : undefined)
}
const batchPut = (client: Sdk, id: number, ...names: string[]) =>
  client.batchWriteRow({
    tables: names.map((tableName) => ({
      tableName,
      rows: [
        { type: 'PUT', condition: ignore(), primaryKey: key(id), attributeColumns: [{ of: tableName }] },
      ],
    })),
  })

describe('a user of Table Store', () => {
  test('without a policy is refused everything, and learns of no table whether it is there', async () => {
    await tables('there')
    const client = clientOf(await user(bed.platform, 'ots-nobody', []))
    await assertRefused(client.listTable({}), ...denied)
    await assertRefused(client.createTable(tableOf('there')), ...denied)
    for (const tableName of ['there', 'nowhere']) {
      await assertRefused(client.describeTable({ tableName }), ...denied)
      await assertRefused(get(client, tableName, 0), ...denied)
      await assertRefused(put(client, tableName, 1), ...denied)
      await assertRefused(client.deleteTable({ tableName }), ...denied)
    }
    assert.deepEqual(await get(bed.client, 'there', 1), {})
  })

  test('may what is allowed for tables of these names, and is denied what is denied for some of them', async () => {
    await tables('orders_1', 'orders_secret', 'customers')
    const client = clientOf(
      await user(bed.platform, 'ots-clerk', [
        allow(['ots:Get*', 'ots:Put*', 'ots:BatchGetRow'], 'orders_*'),
        allow('ots:*', 'orders_secret'),
        deny('ots:*', '*secret'),
      ]),
    )
    assert.deepEqual(await get(client, 'orders_1', 0), { of: 'orders_1' })
    await put(client, 'orders_1', 1)
    assert.deepEqual(await get(client, 'orders_1', 1), { of: 'orders_1' })
    await assertRefused(client.deleteTable({ tableName: 'orders_1' }), ...denied)
    await assertRefused(get(client, 'orders_secret', 0), ...denied)
    await assertRefused(put(client, 'orders_secret', 1), ...denied)
    await assertRefused(get(client, 'customers', 0), ...denied)
    // A list names all tables, and so needs a right on all of them.
    await assertRefused(client.listTable({}), ...denied)
    // Who may read a table that is not there is told so.
    await assertRefused(get(client, 'orders_2', 0), 404, 'OTSObjectNotExist')
    // Tables of other instances are others.
    await assertRefused(
      get(
        clientOf(await user(bed.platform, 'ots-far', [allow('ots:*', '*')]), { instancename: 'far' }),
        't',
        0,
      ),
      ...denied,
    )
  })

  test('has a batch over several tables done only where all of it is allowed', async () => {
    await tables('batch_a', 'batch_b')
    const client = clientOf(
      await user(bed.platform, 'ots-batches', [
        allow(['ots:BatchWriteRow', 'ots:BatchGetRow'], 'batch_*'),
        deny('ots:BatchWriteRow', 'batch_b'),
        deny('ots:BatchGetRow', 'batch_a'),
      ]),
    )
    const batchGet = (...names: string[]) =>
      client.batchGetRow({
        tables: names.map((tableName) => ({ tableName, primaryKey: [key(0)], maxVersions: 1 })),
      })
    await assertRefused(batchPut(client, 7, 'batch_a', 'batch_b'), ...denied)
    await assertRefused(batchGet('batch_a', 'batch_b'), ...denied)
    for (const name of ['batch_a', 'batch_b']) assert.deepEqual(await get(bed.client, name, 7), {}, name)
    await batchPut(client, 7, 'batch_a')
    assert.deepEqual(await get(bed.client, 'batch_a', 7), { of: 'batch_a' })
    assert.equal((await batchGet('batch_b')).tables[0][0].isOk, true)
  })

  test('reads an index as a table of its own, which the right on its table does not open', async () => {
    await bed.client.createTable({
      ...tableOf('indexed'),
      tableMeta: {
        tableName: 'indexed',
        primaryKey: [{ name: 'id', type: 'INTEGER' }],
        definedColumn: [{ name: 'of', type: TableStore.DefinedColumnType.DCT_STRING }],
      },
    })
    const index = { name: 'indexed_by_of', primaryKey: ['of'], definedColumn: [] }
    const makes = clientOf(await user(bed.platform, 'ots-indexes', [allow('ots:*', 'indexed')]))
    await makes.createIndex({ mainTableName: 'indexed', indexMeta: index, includeBaseData: false })
    await put(makes, 'indexed', 1)
    const range = (client: Sdk) =>
      client.getRange({
        tableName: index.name,
        direction: TableStore.Direction.FORWARD,
        inclusiveStartPrimaryKey: [{ of: TableStore.INF_MIN }, { id: TableStore.INF_MIN }],
        exclusiveEndPrimaryKey: [{ of: TableStore.INF_MAX }, { id: TableStore.INF_MAX }],
      })
    await assertRefused(range(makes), ...denied)
    const reads = clientOf(await user(bed.platform, 'ots-index', [allow('ots:GetRange', 'indexed_by_*')]))
    assert.equal((await range(reads)).rows.length, 1)
    await assertRefused(reads.dropIndex({ mainTableName: 'indexed', indexName: index.name }), ...denied)
    await makes.dropIndex({ mainTableName: 'indexed', indexName: index.name })
  })

  test('begins and ends transactions of tables by the right on the table', async () => {
    await tables('flows_1', 'flows_2')
    const client = clientOf(await user(bed.platform, 'ots-flows', [allow('ots:*', 'flows_1')]))
    const begin = (from: Sdk, tableName: string) =>
      from.startLocalTransaction({ tableName, primaryKey: key(9) })
    const { transactionId } = await begin(bed.client, 'flows_2')
    await assertRefused(begin(client, 'flows_2'), ...denied)
    await assertRefused(client.abortTransaction({ transactionId }), ...denied)
    await assertRefused(client.commitTransaction({ transactionId }), ...denied)
    await bed.client.abortTransaction({ transactionId })
    const { transactionId: own } = await begin(client, 'flows_1')
    await client.commitTransaction({ transactionId: own })
  })

  test('may what the policies of the system say', async () => {
    await tables('shared')
    const keys = await user(bed.platform, 'ots-system', [], ['AliyunOTSReadOnlyAccess'])
    const client = clientOf(keys)
    const row = { of: 'shared' }
    assert.ok((await client.listTable({})).tableNames.includes('shared'))
    assert.deepEqual(await get(client, 'shared', 0), row)
    await assertRefused(put(client, 'shared', 1), ...denied)
    const attach = (name: string) =>
      administered(bed.platform, 'PUT', 'users/ots-system', { policies: [system(name)] })
    await attach('AliyunOTSWriteOnlyAccess')
    await put(client, 'shared', 1)
    await assertRefused(get(client, 'shared', 1), ...denied)
    await attach('AliyunOTSFullAccess')
    assert.deepEqual(await get(client, 'shared', 1), row)
  })

  test('is held to conditions on address, encryption and key', async () => {
    await tables('guarded')
    const keys = await user(bed.platform, 'ots-guarded', [])
    const client = clientOf(keys)
    const under = async (Condition: object) => {
      await administered(bed.platform, 'PUT', 'policies/guarded', {
        policyDocument: { Version: '1', Statement: [{ ...allow('ots:GetRow', 'guarded'), Condition }] },
      })
      await administered(bed.platform, 'PUT', 'users/ots-guarded', {
        policies: [{ policyType: 'Custom', policyName: 'guarded' }],
      })
      return get(client, 'guarded', 0).then(
        () => 'allowed',
        (error) => error.code,
      )
    }
    assert.equal(await under({ IpAddress: { 'acs:SourceIp': '127.0.0.0/8' } }), 'allowed')
    assert.equal(await under({ NotIpAddress: { 'acs:SourceIp': '127.0.0.0/8' } }), 403)
    assert.equal(await under({ Bool: { 'acs:SecureTransport': 'true' } }), 403)
    assert.equal(await under({ StringEquals: { 'ots:TLSVersion': ['TLSv1.2', 'TLSv1.3'] } }), 403)
    assert.equal(await under({ StringEquals: { 'ots:AccessId': keys.accessKeyId } }), 'allowed')
    assert.equal(await under({ StringEquals: { 'ots:AccessId': 'LTAIother' } }), 403)
  })
})

describe('a session of a role in Table Store', () => {
  test('may what both the role and the policy of the session allow', async () => {
    await tables('night_1', 'night_2')
    const assumer = await user(bed.platform, 'ots-assumer', [], ['AliyunSTSAssumeRoleAccess'])
    const roleArn = await role(bed.platform, 'OtsNight', {
      trusts: { RAM: [`acs:ram::${bed.platform.accountId}:user/ots-assumer`] },
      statements: [allow(['ots:GetRow', 'ots:PutRow'], 'night_*')],
    })
    const policy = JSON.stringify({ Version: '1', Statement: [allow('ots:*', 'night_1')] })
    const { body } = await stsClient(bed.platform, assumer).assumeRole(
      new stsModels.AssumeRoleRequest({ roleArn, roleSessionName: 'night', policy }),
    )
    const client = clientOf(body.credentials)
    assert.deepEqual(await get(client, 'night_1', 0), { of: 'night_1' })
    await put(client, 'night_1', 1)
    await assertRefused(get(client, 'night_2', 0), ...denied)
    await assertRefused(client.deleteTable({ tableName: 'night_1' }), ...denied)
    await administered(bed.platform, 'DELETE', 'roles/OtsNight')
    await assertRefused(get(client, 'night_1', 0), 403, 'OTSAuthFailed')
  })
})

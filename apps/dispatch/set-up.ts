/** What there has to be before the functions: tables and the bucket of photos, by the official SDKs. All may be there. */
import { sdk } from './build.ts'
import { createTableRequest, tables } from './store/tables.ts'

export interface Account {
  accountId: string
  region: string
  accessKeyId: string
  accessKeySecret: string
  endpoints: Readonly<Record<string, string>>
}

export interface Names {
  instance: string
  bucket: string
}

export async function setUp(account: Account, names: Names): Promise<void> {
  await Promise.all([makeTables(account, names), makeBucket(account, names)])
}

async function makeTables(
  { accessKeyId, accessKeySecret, endpoints }: Account,
  { instance }: Names,
): Promise<void> {
  const { Client } = sdk('tablestore')
  const client = new Client({
    accessKeyId,
    secretAccessKey: accessKeySecret,
    endpoint: endpoints['ots'],
    instancename: instance,
  })
  const { tableNames } = await client.listTable({})
  for (const table of tables) {
    if (!tableNames.includes(table.name)) await client.createTable(createTableRequest(table))
  }
}

async function makeBucket(
  { region, accessKeyId, accessKeySecret, endpoints }: Account,
  { bucket }: Names,
): Promise<void> {
  const OSS = sdk('ali-oss')
  const client = new OSS({
    region: `oss-${region}`,
    accessKeyId,
    accessKeySecret,
    endpoint: endpoints['oss'],
    sldEnable: true,
    secure: false,
  })
  await client.putBucket(bucket)
  // Photos come from pages of another origin, straight from the phone.
  await client.putBucketCORS(bucket, [
    { allowedOrigin: '*', allowedMethod: 'PUT', allowedHeader: 'Content-Type', maxAgeSeconds: '3600' },
  ])
}

export interface AppKey {
  appKey: string
  appSecret: string
}

/** Of the app that may ask for sessions; the gateway chose them. */
export async function appKeyOf(
  { accessKeyId, accessKeySecret, endpoints }: Account,
  appName: string,
): Promise<AppKey> {
  const { RPCClient } = sdk('@alicloud/pop-core')
  const gateway = new RPCClient({
    accessKeyId,
    accessKeySecret,
    endpoint: endpoints['apigateway'],
    apiVersion: '2016-07-14',
  })
  const { Apps } = await gateway.request('DescribeAppAttributes', { AppName: appName })
  const app = Apps.AppAttribute.find((each: { AppName: string }) => each.AppName === appName)
  if (!app) throw new Error(`there is no app ${appName}`)
  const { AppKey, AppSecret } = await gateway.request('DescribeAppSecurity', { AppId: app.AppId })
  return { appKey: AppKey, appSecret: AppSecret }
}

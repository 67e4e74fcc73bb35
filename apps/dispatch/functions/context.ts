/** What a call of a function brings along, and what the services are made of it: clients of the cloud with its credentials. */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { OrdersContext } from '../orders/context.ts'
import { otsClient } from '../store/ots.ts'
import type { DispatchStore } from '../store/store.ts'
import { tableStore } from '../store/table-store.ts'
import type { CallContext } from './call-context.ts'
import { city } from './city.ts'
import { invokeFunction } from './invoke-function.ts'

const require = createRequire(import.meta.url)

/** Names that the account chose; what is empty is as if it were not there. */
const setting = (name: string): string | undefined => process.env[name] || undefined

const instance = setting('DISPATCH_INSTANCE') ?? 'dispatch'
const bucket = setting('DISPATCH_BUCKET') ?? 'dispatch-photos'
const dispatcher = setting('DISPATCH_DISPATCHER') ?? 'dispatch-dispatcher'
// Only where the vendor's names do not lead to its services.
const otsEndpoint = setting('DISPATCH_OTS_ENDPOINT')
const fcEndpoint = setting('DISPATCH_FC_ENDPOINT')
// Photos are sent by phones: the address has to be one that those reach.
const photoEndpoint = setting('DISPATCH_PHOTO_ENDPOINT')

/** An order waits no longer than this for a first guess of when it will be there. */
const TELL_DEADLINE_MS = 400

let newest: CallContext | undefined
let kept: { accessKeyId: string; client: unknown } | undefined

/** The client of the newest call: credentials change every so often, and what waits for an answer goes on with its own. */
function tables(): unknown {
  if (!newest) throw new Error('nobody has called yet')
  const { region, credentials } = newest
  if (kept?.accessKeyId !== credentials.accessKeyId) {
    const endpoint = otsEndpoint ?? `https://${instance}.${region}.ots.aliyuncs.com`
    kept = { accessKeyId: credentials.accessKeyId, client: otsClient({ endpoint, instance, ...credentials }) }
  }
  return kept.client
}

/** Asks with the credentials of the newest call. */
export const store = tableStore(tables)

/** The store with the credentials of this call. */
export function storeFor(call: CallContext): DispatchStore {
  newest = call
  return store
}

export function ordersContext(call: CallContext): OrdersContext {
  const { shard, box, shops } = city
  return {
    store: storeFor(call),
    clock: { nowMs: Date.now },
    newId: () => randomUUID().replaceAll('-', ''),
    shard,
    box,
    shops,
    uploadUrl: (key, { contentType, expiresInMs }) => uploadUrl(call, key, contentType, expiresInMs),
    tellDispatcher: async (news) => {
      const endpoint = fcEndpoint ?? `https://${call.accountId}.${call.region}.fc.aliyuncs.com`
      await invokeFunction(
        { functionName: dispatcher, payload: JSON.stringify({ news }), deadlineMs: TELL_DEADLINE_MS },
        { endpoint, credentials: call.credentials },
      )
    },
    failed: (what, error) => console.error(`could not ${what.replace(/^to /, '')}:`, error),
  }
}

/** Signed here, without a request: the phone's PUT has to be of this content type, and in time. */
function uploadUrl(
  { region, credentials }: CallContext,
  key: string,
  contentType: string,
  expiresInMs: number,
): string {
  const OSS = require('ali-oss')
  const client = new OSS({
    region: `oss-${region}`,
    bucket,
    accessKeyId: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    ...(credentials.securityToken ? { stsToken: credentials.securityToken } : {}),
    ...(photoEndpoint ? { endpoint: photoEndpoint, sldEnable: true } : { secure: true }),
  })
  return client.signatureUrl(key, {
    method: 'PUT',
    expires: Math.floor(expiresInMs / 1000),
    'Content-Type': contentType,
  })
}

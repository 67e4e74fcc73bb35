/** Called with what changed in the table of orders; publishes it, as many orders in a message as fit. */
import { createRequire } from 'node:module'
import type { CallContext } from './call-context.ts'
import { decodeCbor } from './cbor.ts'

const Client = createRequire(import.meta.url)('@alicloud/mns')

const topic = process.env['DISPATCH_TOPIC'] || 'dispatch-orders'
const endpoint = process.env['DISPATCH_MNS_ENDPOINT'] || undefined

/** The topic takes 64 KB, with the document around it. */
const MESSAGE_BYTES_MAX = 48 * 1024

interface Changes {
  Records: {
    Type: string
    Columns: { ColumnName: string; Value: unknown }[]
  }[]
}

export async function handler(
  event: Uint8Array,
  { accountId, region, credentials }: CallContext,
): Promise<string> {
  const orders = (decodeCbor(event) as Changes).Records.flatMap(({ Columns }) => {
    const json = Columns.find(({ ColumnName }) => ColumnName === 'json')?.Value
    return typeof json === 'string' ? [json] : []
  })
  const client = new Client(accountId, { region, ...credentials, ...(endpoint ? { endpoint } : {}) })
  let published = 0
  for (const batch of batches(orders)) {
    await client.publishMessage(topic, { MessageBody: `{"orders":[${batch.join(',')}]}` })
    published += batch.length
  }
  return String(published)
}

function* batches(orders: readonly string[]): Generator<string[]> {
  let batch: string[] = []
  let sizeBytes = 0
  for (const order of orders) {
    const bytes = Buffer.byteLength(order) + 1
    if (batch.length > 0 && sizeBytes + bytes > MESSAGE_BYTES_MAX) {
      yield batch
      batch = []
      sizeBytes = 0
    }
    batch.push(order)
    sizeBytes += bytes
  }
  if (batch.length > 0) yield batch
}

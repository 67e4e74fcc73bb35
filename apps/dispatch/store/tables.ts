/**
 * The tables, as CreateTable wants them. `orders` has five local indexes, which is what the cloud allows; a row is in one as long as it
 * has its columns, so `open` and `openRider`, which ended orders have not, make small indexes. Its stream is what notifications
 * are made of: the row that a change leaves is whole in it.
 */
export type ColumnType = 'STRING' | 'INTEGER' | 'DOUBLE' | 'BOOLEAN'

export interface TableDefinition {
  name: string
  primaryKey: { name: string; type: 'STRING' | 'INTEGER' }[]
  definedColumns?: { name: string; type: ColumnType }[]
  localIndexes?: { name: string; primaryKey: string[]; definedColumns: string[] }[]
  /** Of its rows; nothing: for ever. */
  timeToLiveSeconds?: number
  streamHours?: number
}

const day = 86_400
const string = (name: string) => ({ name, type: 'STRING' as const })
const integer = (name: string) => ({ name, type: 'INTEGER' as const })

export const tables: readonly TableDefinition[] = [
  {
    name: 'orders',
    primaryKey: [string('shard'), string('orderId')],
    definedColumns: [
      string('open'),
      string('openRider'),
      string('customerId'),
      string('merchantId'),
      integer('placedAtMs'),
      integer('changedAtMs'),
      integer('version'),
    ],
    localIndexes: [
      { name: 'orders_open', primaryKey: ['shard', 'open', 'orderId'], definedColumns: [] },
      { name: 'orders_rider', primaryKey: ['shard', 'openRider', 'orderId'], definedColumns: [] },
      {
        name: 'orders_customer',
        primaryKey: ['shard', 'customerId', 'placedAtMs', 'orderId'],
        definedColumns: [],
      },
      {
        name: 'orders_merchant',
        primaryKey: ['shard', 'merchantId', 'placedAtMs', 'orderId'],
        definedColumns: [],
      },
      {
        name: 'orders_changed',
        primaryKey: ['shard', 'changedAtMs', 'orderId'],
        definedColumns: ['version'],
      },
    ],
    streamHours: 24,
  },
  // Both are read whole by the dispatcher: who has not been on duty for long is not to be in the way.
  { name: 'riders', primaryKey: [string('shard'), string('riderId')], timeToLiveSeconds: 30 * day },
  { name: 'positions', primaryKey: [string('shard'), string('riderId')], timeToLiveSeconds: day },
  // Customers do not try the same order again for longer than that.
  { name: 'idempotency', primaryKey: [string('key')], timeToLiveSeconds: 7 * day },
  { name: 'leases', primaryKey: [string('shard')] },
  {
    name: 'riding',
    // An hour of a shard is one partition, so that a report reads what it needs.
    primaryKey: [string('hour'), string('riderId'), integer('atMs'), integer('seq')],
    timeToLiveSeconds: 90 * day,
  },
]

/** The parameters of CreateTable, by the names and numbers of the vendor's SDK for Node.js. */
export const createTableRequest = ({
  name,
  primaryKey,
  definedColumns = [],
  localIndexes = [],
  timeToLiveSeconds = -1,
  streamHours,
}: TableDefinition): object => ({
  tableMeta: {
    tableName: name,
    primaryKey,
    definedColumn: definedColumns.map(({ name, type }) => ({ name, type: columnTypes[type] })),
  },
  reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
  // Rows that live for a time only may not be older than that when they are written.
  tableOptions: { timeToLive: timeToLiveSeconds, maxVersions: 1 },
  ...(streamHours === undefined
    ? {}
    : { streamSpecification: { enableStream: true, expirationTime: streamHours } }),
  indexMetas: localIndexes.map(({ name, primaryKey, definedColumns }) => ({
    name,
    primaryKey,
    definedColumn: definedColumns,
    indexUpdateMode: synchronously,
    indexType: local,
  })),
})

const columnTypes: Record<ColumnType, number> = { INTEGER: 1, DOUBLE: 2, BOOLEAN: 3, STRING: 4 }
/** IUM_SYNC_INDEX, IT_LOCAL_INDEX. */
const synchronously = 1
const local = 1

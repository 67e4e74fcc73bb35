/**
 * The store on Table Store. An order is kept whole as JSON in one column; what conditions and indexes need of it stands beside it. Indexes
 * tell which rows there are, the rows are read from the table: nothing is decided by an index.
 */
import { isOpen, type Order } from '../model/order.ts'
import {
  backwards,
  type Columns,
  columns,
  condition,
  forwards,
  isConflict,
  type Key,
  max,
  min,
  type Precondition,
  persistently,
  primaryKey,
  read,
  type Sdk,
  type Value,
} from './ots.ts'
import {
  type DispatchStore,
  hourOf,
  type LeaseRow,
  type PositionRow,
  type RiderRow,
  StoreUnavailable,
  TooManyRows,
} from './store.ts'

type Row = Record<string, Value>

/** BatchGetRow takes no more. */
const rowsOfBatch = 100
/** Batches that are read at a time. */
const batchesAtATime = 4

/** `client` is asked for each call: credentials of functions change. One is made by `otsClient`. */
export function tableStore(client: () => Sdk): DispatchStore {
  const asked = <T>(ask: () => Promise<T>) => persistently(ask, { isWrite: false })

  async function get(tableName: string, key: Key): Promise<Row | undefined> {
    const { row } = await asked<Sdk>(() => client().getRow({ tableName, primaryKey: primaryKey(key) }))
    return read(row)
  }

  /** Replaces the whole row. */
  async function put(tableName: string, key: Key, values: Columns, only: Precondition): Promise<boolean> {
    const request = {
      tableName,
      condition: condition(only),
      primaryKey: primaryKey(key),
      attributeColumns: columns(values),
    }
    try {
      await persistently(() => client().putRow(request), { isWrite: true })
      return true
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
  }

  async function range(
    tableName: string,
    from: Key,
    to: Key,
    { limit = Number.POSITIVE_INFINITY, newestFirst = false } = {},
  ): Promise<Row[]> {
    const found: Row[] = []
    let inclusiveStartPrimaryKey = primaryKey(newestFirst ? to : from)
    const exclusiveEndPrimaryKey = primaryKey(newestFirst ? from : to)
    while (found.length < limit) {
      const { rows, nextStartPrimaryKey } = await asked<Sdk>(() =>
        client().getRange({
          tableName,
          direction: newestFirst ? backwards : forwards,
          inclusiveStartPrimaryKey,
          exclusiveEndPrimaryKey,
          limit: Math.min(limit - found.length, 5000),
        }),
      )
      for (const row of rows) found.push(read(row)!)
      if (!nextStartPrimaryKey) break
      inclusiveStartPrimaryKey = nextStartPrimaryKey.map(
        ({ name, value }: { name: string; value: unknown }) => ({
          [name]: value,
        }),
      )
    }
    return found
  }

  /** Rows of orders, in the order of their keys; those that are gone are left out. */
  async function ordersAt(keys: Row[]): Promise<Order[]> {
    const batches: Row[][] = []
    for (let at = 0; at < keys.length; at += rowsOfBatch) batches.push(keys.slice(at, at + rowsOfBatch))
    const read: Order[][] = []
    for (let at = 0; at < batches.length; at += batchesAtATime)
      read.push(...(await Promise.all(batches.slice(at, at + batchesAtATime).map(batch))))
    return read.flat()
  }

  async function batch(keys: Row[]): Promise<Order[]> {
    const { tables } = await asked<Sdk>(() =>
      client().batchGetRow({
        tables: [
          {
            tableName: 'orders',
            primaryKey: keys.map(({ shard, orderId }) =>
              primaryKey([
                ['shard', shard as string],
                ['orderId', orderId as string],
              ]),
            ),
            columnsToGet: ['json'],
          },
        ],
      }),
    )
    return tables[0].flatMap((row: { isOk: boolean; errorCode?: string }) => {
      if (!row.isOk) throw new StoreUnavailable(`a row of orders: ${row.errorCode}`)
      const json = read(row)?.['json']
      return json === undefined ? [] : [orderOf(json)]
    })
  }

  const indexed = async (name: string, shard: string, column: string, value: string, options = {}) =>
    ordersAt(
      await range(
        name,
        [['shard', shard], [column, value], ...rest(name, min)],
        [['shard', shard], [column, value], ...rest(name, max)],
        options,
      ),
    )

  return {
    createOrder: (order) => put('orders', orderKey(order), orderColumns(order), { row: 'absent' }),
    async getOrder(shard, orderId) {
      const row = await get('orders', orderKey({ shard, orderId }))
      return row === undefined ? undefined : orderOf(row['json']!)
    },
    replaceOrder: (order, { state, version, token }) =>
      put('orders', orderKey(order), orderColumns(order), {
        row: 'present',
        where: [
          { column: 'state', is: '=', value: state },
          { column: 'version', is: '=', value: version },
          ...(token === undefined ? [] : [{ column: 'fence', is: '<=' as const, value: token }]),
        ],
      }),
    openOrders: async (shard) => (await indexed('orders_open', shard, 'open', 'yes')).filter(isOpen),
    ordersOfRider: async (shard, riderId) =>
      (await indexed('orders_rider', shard, 'openRider', riderId)).filter(
        (order) => order.riderId === riderId && isOpen(order),
      ),
    ordersOfCustomer: (shard, customerId, limit) =>
      indexed('orders_customer', shard, 'customerId', customerId, { limit, newestFirst: true }),
    ordersOfMerchant: (shard, merchantId, limit) =>
      indexed('orders_merchant', shard, 'merchantId', merchantId, { limit, newestFirst: true }),
    async ordersChanged(shard, { fromMs, toMs, limit, has }) {
      const rows = await range(
        'orders_changed',
        [
          ['shard', shard],
          ['changedAtMs', fromMs],
          ['orderId', min],
        ],
        [
          ['shard', shard],
          ['changedAtMs', toMs],
          ['orderId', min],
        ],
        { limit },
      )
      const orders = await ordersAt(
        rows.filter(({ orderId, version }) => !has?.(orderId as string, version as number)),
      )
      // As many as that may be all: then the next question finds the last of them again, and nothing more.
      const reachedMs = rows.length < limit ? toMs : (rows.at(-1)!['changedAtMs'] as number)
      return { orders, reachedMs }
    },

    async getRider(shard, riderId) {
      const row = await get('riders', riderKey({ shard, riderId }))
      return row === undefined ? undefined : JSON.parse(row['json'] as string)
    },
    putRider: (rider, expectedVersion) =>
      put(
        'riders',
        riderKey(rider),
        { version: rider.version, onDuty: rider.onDuty, json: JSON.stringify(rider) },
        expectedVersion === 0
          ? { row: 'absent' }
          : { row: 'present', where: [{ column: 'version', is: '=', value: expectedVersion }] },
      ),
    riders: async (shard) =>
      (await wholeShard('riders', shard)).map((row): RiderRow => JSON.parse(row['json'] as string)),

    async putPosition(position) {
      const { shard, riderId, atMs, seq } = position
      const { tables } = await persistently<Sdk>(
        () =>
          client().batchWriteRow({
            tables: [
              {
                tableName: 'positions',
                rows: [
                  {
                    type: 'UPDATE',
                    condition: condition({
                      row: 'any',
                      where: [{ column: 'seq', is: '<', value: seq, orAbsent: true }],
                    }),
                    primaryKey: primaryKey(riderKey(position)),
                    attributeColumns: [{ PUT: columns(positionColumns(position)) }],
                  },
                ],
              },
              {
                tableName: 'riding',
                rows: [
                  {
                    type: 'PUT',
                    condition: condition({ row: 'any' }),
                    primaryKey: primaryKey([
                      ['hour', hourName(shard, hourOf(atMs))],
                      ['riderId', riderId],
                      ['atMs', atMs],
                      ['seq', seq],
                    ]),
                    attributeColumns: columns(fixColumns(position)),
                  },
                ],
              },
            ],
          }),
        { isWrite: true },
      )
      const [newest, fix] = tables
      if (!fix.isOk) throw new StoreUnavailable(`the riding log: ${fix.errorCode}`)
      if (!newest.isOk && newest.errorCode !== 'OTSConditionCheckFail')
        throw new StoreUnavailable(`the position: ${newest.errorCode}`)
      return newest.isOk
    },
    async resetPosition(position) {
      await put('positions', riderKey(position), positionColumns(position), { row: 'any' })
    },
    async getPosition(shard, riderId) {
      const row = await get('positions', riderKey({ shard, riderId }))
      return row === undefined ? undefined : positionOf(row)
    },
    positions: async (shard) => (await wholeShard('positions', shard)).map(positionOf),

    async claim(key, value) {
      if (await put('idempotency', [['key', key]], { value }, { row: 'absent' })) return value
      const kept = await get('idempotency', [['key', key]])
      // Its time to live ended between the two: it is free for whoever asks again.
      if (kept === undefined) throw new StoreUnavailable('a key that has just expired')
      return kept['value'] as string
    },

    async getLease(shard) {
      const row = await get('leases', [['shard', shard]])
      return row as LeaseRow | undefined
    },
    putLease: ({ shard, owner, token, expiresAtMs, status }, expected) =>
      put(
        'leases',
        [['shard', shard]],
        { owner, token, expiresAtMs, status },
        expected === undefined
          ? { row: 'absent' }
          : {
              row: 'present',
              where: [
                { column: 'owner', is: '=', value: expected.owner },
                { column: 'token', is: '=', value: expected.token },
              ],
            },
      ),

    async riding(shard, { fromMs, toMs, limit }) {
      const found: PositionRow[] = []
      for (let hour = hourOf(fromMs); hour <= hourOf(toMs - 1); hour++) {
        const name = hourName(shard, hour)
        const rows = await range('riding', hourKey(name, min), hourKey(name, max), { limit: limit + 1 })
        for (const row of rows) {
          const fix = { ...positionOf(row), shard }
          if (fix.atMs >= fromMs && fix.atMs < toMs) found.push(fix)
        }
        if (found.length > limit || rows.length > limit)
          throw new TooManyRows(`more than ${limit} fixes of riders`)
      }
      return found
    },
  }

  function wholeShard(tableName: string, shard: string): Promise<Row[]> {
    return range(
      tableName,
      [
        ['shard', shard],
        ['riderId', min],
      ],
      [
        ['shard', shard],
        ['riderId', max],
      ],
    )
  }
}

const orderKey = ({ shard, orderId }: Pick<Order, 'shard' | 'orderId'>): Key => [
  ['shard', shard],
  ['orderId', orderId],
]

const riderKey = ({ shard, riderId }: { shard: string; riderId: string }): Key => [
  ['shard', shard],
  ['riderId', riderId],
]

const rest = (index: string, end: typeof min | typeof max): Key =>
  index === 'orders_customer' || index === 'orders_merchant'
    ? [
        ['placedAtMs', end],
        ['orderId', end],
      ]
    : [['orderId', end]]

const hourKey = (hour: string, end: typeof min | typeof max): Key => [
  ['hour', hour],
  ['riderId', end],
  ['atMs', end],
  ['seq', end],
]

const hourName = (shard: string, hour: number) => `${shard}#${hour}`

function orderColumns(order: Order): Columns {
  const { state, version, fence, customerId, merchantId, placedAtMs, changedAtMs, riderId } = order
  return {
    state,
    version,
    fence,
    customerId,
    merchantId,
    placedAtMs,
    changedAtMs,
    ...(isOpen(order) ? { open: 'yes', ...(riderId === undefined ? {} : { openRider: riderId }) } : {}),
    json: JSON.stringify(order),
  }
}

const noUndefined = { riderId: undefined, offerExpiresAtMs: undefined, cancelReason: undefined }

/** Of the column `json`, which is also what the stream of the table has. JSON has no undefined. */
export const orderOf = (json: Value): Order => ({ ...noUndefined, ...JSON.parse(json as string) })

const fixColumns = ({ position: { lng, lat }, riddenMetres }: PositionRow): Columns => ({
  lng: { double: lng },
  lat: { double: lat },
  riddenMetres: { double: riddenMetres },
})

const positionColumns = (at: PositionRow): Columns => ({ seq: at.seq, atMs: at.atMs, ...fixColumns(at) })

const positionOf = ({ shard, riderId, lng, lat, seq, atMs, riddenMetres }: Row): PositionRow => ({
  shard: shard as string,
  riderId: riderId as string,
  position: { lng: lng as number, lat: lat as number },
  seq: seq as number,
  atMs: atMs as number,
  riddenMetres: riddenMetres as number,
})

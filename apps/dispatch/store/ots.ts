/** The vendor's SDK with what we need of it: rows as plain values, conditions, and errors that say whether a write may have happened. */
import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import { StoreUnavailable } from './store.ts'

// Preinstalled where functions run, which import() does not look at.
const sdk = createRequire(import.meta.url)('tablestore')

/** The SDK has no types. */
// biome-ignore lint/suspicious/noExplicitAny: an SDK without types
export type Sdk = any

export type Value = string | number | boolean
/** By name. Whole numbers of a `Columns` go as INTEGER, unless they are `double`. */
export type Columns = Record<string, Value | Double>
export interface Double {
  double: number
}
export type Key = [name: string, value: string | number | typeof min | typeof max][]

export const min = Symbol('smaller than all')
export const max = Symbol('greater than all')

export interface TablesAccess {
  endpoint: string
  accessKeyId: string
  accessKeySecret: string
  securityToken?: string
  instance: string
}

/** Retries are ours: the SDK's do not see which error it was. */
export const otsClient = ({
  endpoint,
  accessKeyId,
  accessKeySecret,
  securityToken,
  instance,
}: TablesAccess): Sdk =>
  new sdk.Client({
    accessKeyId,
    secretAccessKey: accessKeySecret,
    ...(securityToken === undefined ? {} : { securityToken }),
    endpoint,
    instancename: instance,
    maxRetries: 0,
    httpOptions: { timeout: 10_000 },
  })

export type Precondition =
  | { row: 'any' | 'absent' | 'present' }
  | { row: 'any' | 'present'; where: Comparison[] }

export interface Comparison {
  column: string
  is: '=' | '<' | '<='
  value: string | number
  /** Whether a row without the column passes. */
  orAbsent?: boolean
}

const comparators = { '=': 'EQUAL', '<': 'LESS_THAN', '<=': 'LESS_EQUAL' } as const
const expectations = { any: 'IGNORE', absent: 'EXPECT_NOT_EXIST', present: 'EXPECT_EXIST' } as const

export function condition(precondition: Precondition): Sdk {
  const comparisons = 'where' in precondition ? precondition.where : []
  const parts = comparisons.map(
    ({ column, is, value, orAbsent = false }) =>
      // The last version only, which is the default; missing columns pass if told so.
      new sdk.SingleColumnCondition(column, sent(value), sdk.ComparatorType[comparators[is]], orAbsent),
  )
  let filter: Sdk = parts[0] ?? null
  if (parts.length > 1) {
    filter = new sdk.CompositeCondition(sdk.LogicalOperator.AND)
    for (const part of parts) filter.addSubCondition(part)
  }
  return new sdk.Condition(sdk.RowExistenceExpectation[expectations[precondition.row]], filter)
}

const sent = (value: Value | Double): Sdk =>
  typeof value === 'number' ? sdk.Long.fromNumber(value) : typeof value === 'object' ? value.double : value

export const columns = (values: Columns): Sdk[] =>
  Object.entries(values).map(([name, value]) => ({ [name]: sent(value) }))

export const primaryKey = (key: Key): Sdk[] =>
  key.map(([name, value]) => ({
    [name]: value === min ? sdk.INF_MIN : value === max ? sdk.INF_MAX : sent(value as Value),
  }))

/** Key and columns of a row by name; nothing if it is not there. */
export function read(row: Sdk): Record<string, Value> | undefined {
  if (row?.primaryKey === undefined) return undefined
  return Object.fromEntries([
    ...row.primaryKey.map(({ name, value }: Sdk) => [name, plain(value)]),
    ...(row.attributes ?? []).map(({ columnName, columnValue }: Sdk) => [columnName, plain(columnValue)]),
  ])
}

const plain = (value: Sdk): Value => (typeof value === 'object' ? value.toNumber() : value)

export const backwards = sdk.Direction.BACKWARD
export const forwards = sdk.Direction.FORWARD

/** Nothing was done, and the same may be asked again. */
const notNow =
  /^OTS(ServerBusy|PartitionUnavailable|RowOperationConflict|TableNotReady|NotEnoughCapacityUnit|QuotaExhausted)$/
/** It may have been done. */
const perhapsDone = /^OTS(Timeout|InternalServerError|ServerUnavailable)$/

/** 50, 100, 200, 400 ms: together less than a caller at a gateway waits. */
const firstPauseMs = 50
const maxAttempts = 5

/** The SDK hands over the error's message undecoded: its code is a word in it. */
export const codeOf = (error: Sdk): string => /OTS[A-Za-z]+/.exec(String(error?.message))?.[0] ?? ''

/** Whether the condition of a write did not hold. */
export const isConflict = (error: unknown): boolean => codeOf(error) === 'OTSConditionCheckFail'

/** Asks until there is an answer, within the bound. A write is not repeated where it may have been done. */
export async function persistently<T>(
  ask: () => Promise<T>,
  { isWrite, pause = (ms) => wait(ms) }: { isWrite: boolean; pause?: (ms: number) => Promise<unknown> },
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      const code = codeOf(error)
      const fromNetwork = code === '' && isOfNetwork(error)
      const unknown = perhapsDone.test(code) || fromNetwork
      if (!unknown && !notNow.test(code)) throw error
      if (attempt === maxAttempts || (unknown && isWrite))
        throw new StoreUnavailable(code === '' ? String((error as Error).message) : code, { cause: error })
    }
    await pause(firstPauseMs * 2 ** (attempt - 1))
  }
}

const isOfNetwork = (error: Sdk): boolean =>
  error?.code === 'NetworkingError' ||
  error?.code === 'TimeoutError' ||
  /^E[A-Z]+$/.test(error?.code ?? '') ||
  // A server that closes a connection under an answer.
  /socket hang up/.test(String(error?.message)) ||
  error?.code >= 500

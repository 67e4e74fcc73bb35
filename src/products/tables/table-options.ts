/** Options of tables: the vendor's limits, and messages to and from records. */
import { notImplemented, parameterInvalid } from './errors.ts'
import type {
  ReservedThroughputMessage,
  StreamSpecificationMessage,
  TableOptionsMessage,
} from './messages/tables.ts'
import type { StreamSettings, TableOptions, TableRecord } from './table.ts'

const DAY_SECONDS = 86_400
/** INT64_MAX / 1,000,000, which is within what a number holds exactly. */
const DEVIATION_SECONDS_MAX = (2n ** 63n - 1n) / 1_000_000n

/** What a table has that was not told. */
export const standardOptions: TableOptions = {
  timeToLiveSeconds: -1,
  maxVersions: 1,
  deviationSeconds: DAY_SECONDS,
  allowUpdate: true,
}

/** `before` with what the message changes. Bloom filters and block sizes are hints, and mean nothing here. */
export function optionsOf(message: TableOptionsMessage, before: TableOptions): TableOptions {
  const {
    time_to_live: ttl,
    max_versions: maxVersions,
    deviation_cell_version_in_sec: deviation,
    allow_update: allowUpdate,
    update_full_row: updateFullRow,
  } = message
  if (updateFullRow) throw notImplemented('The table option update_full_row')
  if (ttl !== undefined && (ttl === 0 || ttl < -1))
    throw parameterInvalid('TimeToLive cannot be 0 or less than -1.')
  if (ttl !== undefined && ttl !== -1 && ttl < DAY_SECONDS)
    throw parameterInvalid(`TimeToLive cannot be less than ${DAY_SECONDS} seconds.`)
  if (maxVersions !== undefined && maxVersions <= 0)
    throw parameterInvalid('The maximum versions cannot be less than or equal to 0.')
  if (deviation !== undefined && (deviation < 0n || deviation > DEVIATION_SECONDS_MAX))
    throw parameterInvalid('The maximum deviation must be in range [0, INT64_MAX/1000000].')
  return {
    timeToLiveSeconds: ttl ?? before.timeToLiveSeconds,
    maxVersions: maxVersions ?? before.maxVersions,
    deviationSeconds: deviation === undefined ? before.deviationSeconds : Number(deviation),
    allowUpdate: allowUpdate ?? before.allowUpdate,
  }
}

export const optionsMessage = (options: TableOptions): TableOptionsMessage => ({
  time_to_live: options.timeToLiveSeconds,
  max_versions: options.maxVersions,
  deviation_cell_version_in_sec: BigInt(options.deviationSeconds),
  allow_update: options.allowUpdate,
})

/** Nothing is reserved here: what was asked for is kept and told. */
export function throughputOf({ capacity_unit: { read, write } }: ReservedThroughputMessage): {
  read: number | undefined
  write: number | undefined
} {
  for (const units of [read, write]) {
    if (units !== undefined && units < 0)
      throw parameterInvalid(`Invalid Capacity Unit: ${units}. Capacity Unit must be nonnegative.`)
  }
  return { read, write }
}

export const throughputDetails = ({ throughput }: TableRecord) => ({
  capacity_unit: { read: throughput.read, write: throughput.write },
  last_increase_time: secondsOf(throughput.lastIncreaseMs),
  ...(throughput.lastDecreaseMs === undefined
    ? {}
    : { last_decrease_time: secondsOf(throughput.lastDecreaseMs) }),
})

const secondsOf = (timeMs: number): bigint => BigInt(Math.floor(timeMs / 1000))

export const EXPIRATION_HOURS_MAX = 7 * 24

/** The stream that the message wants; the one that is there stays, with another expiration if that was told. */
export function streamOf(
  { enable_stream: enable, expiration_time: hours, columns_to_get: columns }: StreamSpecificationMessage,
  before: StreamSettings | undefined,
  fresh: () => Pick<StreamSettings, 'id' | 'enabledMs'>,
): StreamSettings | undefined {
  if (columns.length > 0) throw notImplemented('columns_to_get of a stream')
  if (!enable) return undefined
  const expirationHours = hours ?? before?.expirationHours ?? EXPIRATION_HOURS_MAX
  if (expirationHours < 1 || expirationHours > EXPIRATION_HOURS_MAX)
    throw parameterInvalid(`The expiration time of a stream must be in range: [1, ${EXPIRATION_HOURS_MAX}].`)
  return { ...(before ?? fresh()), expirationHours }
}

export const streamDetails = ({ stream }: TableRecord) =>
  stream
    ? {
        enable_stream: true,
        stream_id: stream.id,
        expiration_time: stream.expirationHours,
        last_enable_time: BigInt(stream.enabledMs) * 1000n,
      }
    : { enable_stream: false }

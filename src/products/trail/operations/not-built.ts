import { notImplemented, type Operation } from '../vocabulary.ts'

/** Operations of ActionTrail that are known and not built: a client is told so by name. */
export const notBuilt: readonly Operation[] = [
  'CreateDeliveryHistoryJob',
  'CreateTrail',
  'DeleteDeliveryHistoryJob',
  'DeleteTrail',
  'DescribeRegions',
  'DescribeTrails',
  'DisableInsight',
  'EnableInsight',
  'GetAccessKeyLastUsedEvents',
  'GetAccessKeyLastUsedInfo',
  'GetAccessKeyLastUsedIps',
  'GetAccessKeyLastUsedProducts',
  'GetAccessKeyLastUsedResources',
  'GetDeliveryHistoryJob',
  'GetGlobalEventsStorageRegion',
  'GetTrailStatus',
  'ListDeliveryHistoryJobs',
  'LookupInsightEvents',
  'StartLogging',
  'StopLogging',
  'UpdateGlobalEventsStorageRegion',
  'UpdateTrail',
].map((name) => ({
  name,
  async handle() {
    throw notImplemented(`the operation '${name}'`)
  },
}))

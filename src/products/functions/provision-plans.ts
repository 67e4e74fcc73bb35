import type { ProvisionPlan } from '../../ports/provisioning.ts'
import type { RecordStore } from '../../ports/records.ts'
import { allProvisionConfigsPrefix, allScalingConfigsPrefix } from './keys.ts'
import { type ProvisionConfigRecord, planOfProvisionConfig } from './provision-config.ts'
import { planOfScalingConfig, type ScalingConfigRecord } from './scaling-config.ts'

const batch = 100

/** The plan of every config of both kinds, for the start of the platform. */
export async function* provisionPlans(records: RecordStore, accountId: string): AsyncIterable<ProvisionPlan> {
  for await (const config of everyOf<ProvisionConfigRecord>(records, allProvisionConfigsPrefix(accountId))) {
    yield planOfProvisionConfig(config)
  }
  for await (const config of everyOf<ScalingConfigRecord>(records, allScalingConfigsPrefix(accountId))) {
    yield planOfScalingConfig(config)
  }
}

async function* everyOf<T>(records: RecordStore, prefix: string): AsyncIterable<T> {
  let after: string | undefined
  for (;;) {
    const page = await records.list<T>({ prefix, after, limit: batch })
    for (const { value } of page) yield value
    if (page.length < batch) return
    after = page.at(-1)!.key
  }
}

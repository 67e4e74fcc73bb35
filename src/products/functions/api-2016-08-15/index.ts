import { operationsOf } from '../services/all-operations.ts'
import { accountConfigs } from '../services/operations/account.ts'
import { instanceExec } from '../services/operations/instances.ts'
import { layerVersionByArn } from '../services/operations/layers.ts'
import { tempCodeBucketToken } from '../services/operations/uploads.ts'
import type { FunctionsContext, Operation } from '../vocabulary.ts'

/** API 2016-08-15, all that `@alicloud/fc2` 2.6.6 calls but `tempBucketToken`, which `s` needs with every API. */
export const operations20160815: readonly Operation<FunctionsContext>[] = [
  ...operationsOf({ prefix: '/2016-08-15', triggerConfig: 'object' }),
  accountConfigs,
  instanceExec,
  layerVersionByArn,
  tempCodeBucketToken,
]

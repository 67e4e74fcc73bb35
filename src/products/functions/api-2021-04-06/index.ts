import { operationsOf } from '../services/all-operations.ts'
import { listStatefulAsyncInvocationFunctions } from '../services/operations/stateful-async-invocations.ts'
import { listVpcBindings } from '../services/operations/vpc-bindings.ts'
import type { FunctionsContext, Operation } from '../vocabulary.ts'

/** API 2021-04-06: the 66 operations of `@alicloud/fc-open20210406` 2.0.13. */
export const operations20210406: readonly Operation<FunctionsContext>[] = [
  // Its SDK has no way into instances.
  ...operationsOf({ prefix: '/2021-04-06', triggerConfig: 'text' }).filter(
    ({ name }) => name !== 'InstanceExec',
  ),
  listStatefulAsyncInvocationFunctions,
  listVpcBindings,
]

import { operationsOf } from '../services/all-operations.ts'
import { notBuilt } from '../services/operations/not-built.ts'
import { listStatefulAsyncInvocationFunctions } from '../services/operations/stateful-async-invocations.ts'
import { listVpcBindings } from '../services/operations/vpc-bindings.ts'
import type { FunctionsContext, Operation } from '../vocabulary.ts'

/** API 2021-04-06: the 66 operations of `@alicloud/fc-open20210406` 2.0.13. */
export const operations20210406: readonly Operation<FunctionsContext>[] = [
  ...operationsOf({ prefix: '/2021-04-06', triggerConfig: 'text' }),
  ...notBuilt,
  listStatefulAsyncInvocationFunctions,
  listVpcBindings,
]

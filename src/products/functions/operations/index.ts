import type { FunctionsContext, Operation } from '../vocabulary.ts'
import { createAlias } from './create-alias.ts'
import { createCustomDomain } from './create-custom-domain.ts'
import { createFunction } from './create-function.ts'
import { createLayerVersion } from './create-layer-version.ts'
import { createTrigger } from './create-trigger.ts'
import { debugFunction } from './debug-function.ts'
import { deleteAlias } from './delete-alias.ts'
import { deleteAsyncInvokeConfig } from './delete-async-invoke-config.ts'
import { deleteConcurrencyConfig } from './delete-concurrency-config.ts'
import { deleteCustomDomain } from './delete-custom-domain.ts'
import { deleteFunction } from './delete-function.ts'
import { deleteFunctionVersion } from './delete-function-version.ts'
import { deleteLayerVersion } from './delete-layer-version.ts'
import { deleteOfficialLayerVersion } from './delete-official-layer-version.ts'
import { deleteProvisionConfig } from './delete-provision-config.ts'
import { deleteScalingConfig } from './delete-scaling-config.ts'
import { deleteTrigger } from './delete-trigger.ts'
import { describeRegions } from './describe-regions.ts'
import { disableFunctionInvocation } from './disable-function-invocation.ts'
import { downloadCode } from './download-code.ts'
import { enableFunctionInvocation } from './enable-function-invocation.ts'
import { getAlias } from './get-alias.ts'
import { getAsyncInvokeConfig } from './get-async-invoke-config.ts'
import { getAsyncTask } from './get-async-task.ts'
import { getConcurrencyConfig } from './get-concurrency-config.ts'
import { getCustomDomain } from './get-custom-domain.ts'
import { getFunction } from './get-function.ts'
import { getFunctionCode } from './get-function-code.ts'
import { getLayerVersion } from './get-layer-version.ts'
import { getLayerVersionByArn } from './get-layer-version-by-arn.ts'
import { getProvisionConfig } from './get-provision-config.ts'
import { getScalingConfig } from './get-scaling-config.ts'
import { getTrigger } from './get-trigger.ts'
import { instanceExec } from './instance-exec.ts'
import { invokeFunction } from './invoke-function.ts'
import { listAliases } from './list-aliases.ts'
import { listAsyncInvokeConfigs } from './list-async-invoke-configs.ts'
import { listAsyncTasks } from './list-async-tasks.ts'
import { listConcurrencyConfigs } from './list-concurrency-configs.ts'
import { listCustomDomains } from './list-custom-domains.ts'
import { listDeadLetters } from './list-dead-letters.ts'
import { listFunctionVersions } from './list-function-versions.ts'
import { listFunctions } from './list-functions.ts'
import { listInstances } from './list-instances.ts'
import { listLayerVersions } from './list-layer-versions.ts'
import { listLayers } from './list-layers.ts'
import { listProvisionConfigs } from './list-provision-configs.ts'
import { listScalingConfigs } from './list-scaling-configs.ts'
import { listTagResources } from './list-tag-resources.ts'
import { listTriggerStates } from './list-trigger-states.ts'
import { listTriggers } from './list-triggers.ts'
import { listVpcBindings } from './list-vpc-bindings.ts'
import { notBuilt } from './not-built.ts'
import { pauseTrigger } from './pause-trigger.ts'
import { publishFunctionVersion } from './publish-function-version.ts'
import { purgeDeadLetters } from './purge-dead-letters.ts'
import { putAsyncInvokeConfig } from './put-async-invoke-config.ts'
import { putConcurrencyConfig } from './put-concurrency-config.ts'
import { putLayerACL } from './put-layer-acl.ts'
import { putOfficialLayerVersion } from './put-official-layer-version.ts'
import { putProvisionConfig } from './put-provision-config.ts'
import { putScalingConfig } from './put-scaling-config.ts'
import { readBill } from './read-bill.ts'
import { readFunctionLogs } from './read-function-logs.ts'
import { readLedger } from './read-ledger.ts'
import { readPlatformStatus } from './read-platform-status.ts'
import { readTriggerState } from './read-trigger-state.ts'
import { redriveDeadLetters } from './redrive-dead-letters.ts'
import { replayTrigger } from './replay-trigger.ts'
import { resumeTrigger } from './resume-trigger.ts'
import { scrubObjects } from './scrub-objects.ts'
import { stopAsyncTask } from './stop-async-task.ts'
import { tagResources } from './tag-resources.ts'
import { takeSnapshot } from './take-snapshot.ts'
import { tempBucketToken } from './temp-bucket-token.ts'
import { untagResources } from './untag-resources.ts'
import { updateAlias } from './update-alias.ts'
import { updateCustomDomain } from './update-custom-domain.ts'
import { updateFunction } from './update-function.ts'
import { updateTrigger } from './update-trigger.ts'

/** Every operation of this product: the 69 of API 2023-03-30, one of 2016-08-15, and our own under /hanshu/. */
export const built: readonly Operation<FunctionsContext>[] = [
  createAlias,
  createCustomDomain,
  createFunction,
  createLayerVersion,
  createTrigger,
  debugFunction,
  deleteAlias,
  deleteAsyncInvokeConfig,
  deleteConcurrencyConfig,
  deleteCustomDomain,
  deleteFunctionVersion,
  deleteFunction,
  deleteLayerVersion,
  deleteOfficialLayerVersion,
  deleteProvisionConfig,
  deleteScalingConfig,
  deleteTrigger,
  describeRegions,
  disableFunctionInvocation,
  downloadCode,
  enableFunctionInvocation,
  getAlias,
  getAsyncInvokeConfig,
  getAsyncTask,
  getConcurrencyConfig,
  getCustomDomain,
  getFunctionCode,
  getFunction,
  getLayerVersionByArn,
  getLayerVersion,
  getProvisionConfig,
  getScalingConfig,
  getTrigger,
  invokeFunction,
  listAliases,
  listAsyncInvokeConfigs,
  instanceExec,
  listAsyncTasks,
  listConcurrencyConfigs,
  listCustomDomains,
  listDeadLetters,
  listFunctionVersions,
  listFunctions,
  listInstances,
  listLayerVersions,
  listLayers,
  listProvisionConfigs,
  listScalingConfigs,
  listTagResources,
  listTriggerStates,
  listTriggers,
  listVpcBindings,
  pauseTrigger,
  publishFunctionVersion,
  purgeDeadLetters,
  putAsyncInvokeConfig,
  putConcurrencyConfig,
  putLayerACL,
  putOfficialLayerVersion,
  putProvisionConfig,
  putScalingConfig,
  readBill,
  readFunctionLogs,
  readLedger,
  readPlatformStatus,
  scrubObjects,
  takeSnapshot,
  readTriggerState,
  tagResources,
  redriveDeadLetters,
  replayTrigger,
  resumeTrigger,
  stopAsyncTask,
  tempBucketToken,
  untagResources,
  updateAlias,
  updateCustomDomain,
  updateFunction,
  updateTrigger,
]

export const operations: readonly Operation<FunctionsContext>[] = [...built, ...notBuilt]

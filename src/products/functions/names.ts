import { invalidArgument } from './errors.ts'

const RESOURCE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/
const TRIGGER_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/
const VERSION_ID = /^[1-9][0-9]{0,8}$/
/** "The ID can start only with letters or underscores … letters, digits, underscores and hyphens … up to 128 characters." */
const TASK_ID = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/

export const LATEST = 'LATEST'

export const isVersionId = (qualifier: string): boolean => VERSION_ID.test(qualifier)

export function checkFunctionName(functionName: string): void {
  if (!RESOURCE_NAME.test(functionName)) throw invalidName('FunctionName', functionName, 64)
}

export function checkLayerName(layerName: string): void {
  if (!RESOURCE_NAME.test(layerName)) throw invalidName('LayerName', layerName, 64)
}

export function checkTriggerName(triggerName: string): void {
  if (!TRIGGER_NAME.test(triggerName)) throw invalidName('TriggerName', triggerName, 128)
}

/** A name that could be taken for a version or for LATEST would make a qualifier ambiguous. */
export function checkAliasName(aliasName: string): void {
  if (!RESOURCE_NAME.test(aliasName)) throw invalidName('AliasName', aliasName, 64)
  if (aliasName.toUpperCase() === LATEST) throw invalidArgument(`AliasName must not be '${aliasName}'`)
}

export function checkTaskId(taskId: string): void {
  if (!TASK_ID.test(taskId)) throw invalidName('x-fc-async-task-id', taskId, 128)
}

/** What could be the id of a task: the caller's, or a request id. */
export const isTaskId = (taskId: string): boolean => /^[A-Za-z0-9_-]{1,128}$/.test(taskId)

export function checkDescription(description: string): void {
  if ([...description].length > 256)
    throw invalidArgument('Description must not be longer than 256 characters')
}

const invalidName = (field: string, actual: string, lengthMax: number) =>
  invalidArgument(
    `${field} is set to an invalid value: it must be 1 to ${lengthMax} characters in length, contain only letters, digits, ` +
      `underscores and hyphens, and not begin with a digit or a hyphen (actual: '${actual.slice(0, 160)}')`,
  )

export const functionArn = (region: string, accountId: string, functionName: string): string =>
  `acs:fc:${region}:${accountId}:functions/${functionName}`

/** Clients read the qualifier from the third part of the path; LATEST has none. */
export const qualifiedArn = (
  region: string,
  accountId: string,
  functionName: string,
  qualifier: string,
): string => functionArn(region, accountId, functionName) + (qualifier === LATEST ? '' : `/${qualifier}`)

export const layerVersionArn = (
  region: string,
  accountId: string,
  layerName: string,
  version: number,
): string => `acs:fc:${region}:${accountId}:layers/${layerName}/versions/${version}`

const LAYER_VERSION_ARN = /^acs:fc:([^:]*):([^:]*):layers\/([^/]+)\/versions\/([1-9][0-9]{0,8})$/

export function parseLayerVersionArn(
  arn: string,
): { region: string; accountId: string; layerName: string; version: number } | undefined {
  const [, region, accountId, layerName, version] = LAYER_VERSION_ARN.exec(arn) ?? []
  if (region === undefined || !accountId || !layerName || !version) return undefined
  return { region, accountId, layerName, version: Number(version) }
}

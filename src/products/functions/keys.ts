/**
 * Where each record of this product is. The function's record is the root of all that belongs to it: every change of a
 * version, alias, trigger or config writes the root again with the version it was read at, so changes of one function
 * are serialized and nothing can be added to a function while it is being deleted (see change-function.ts).
 */
/** Names are checked when something is created; what could not be one leads to a key that nothing has. */
const SAFE = /^[A-Za-z0-9_$-]{1,200}$/
const part = (name: string): string => (SAFE.test(name) ? name : '!')

export const functionsPrefix = (accountId: string): string => `fc/${accountId}/functions/`
export const functionKey = (accountId: string, functionName: string): string =>
  functionsPrefix(accountId) + part(functionName)

/** Services of APIs 2016-08-15 and 2021-04-06, and their functions (services/names.ts). */
export const servicesPrefix = (accountId: string): string => `fc/${accountId}/services/`
export const serviceKey = (accountId: string, serviceName: string): string =>
  servicesPrefix(accountId) + part(serviceName)
export const serviceFunctionsPrefix = (accountId: string, serviceName: string): string =>
  `${functionsPrefix(accountId)}${part(serviceName)}$`

/** Host names arrive in lower case: this finds the functions whose name differs in case only. */
export const foldedNamesPrefix = (accountId: string, functionName: string): string =>
  `fc/${accountId}/folded-names/${part(functionName).toLowerCase()}/`
export const foldedNameKey = (accountId: string, functionName: string): string =>
  foldedNamesPrefix(accountId, functionName) + part(functionName)

const padded = (version: number): string => part(String(version).padStart(10, '0'))

export const serviceVersionsPrefix = (accountId: string, serviceName: string): string =>
  `fc/${accountId}/service-versions/${part(serviceName)}/`
export const serviceVersionKey = (
  accountId: string,
  serviceName: string,
  versionId: string | number,
): string => serviceVersionsPrefix(accountId, serviceName) + padded(Number(versionId))

export const versionsPrefix = (accountId: string, functionName: string): string =>
  `fc/${accountId}/versions/${part(functionName)}/`
export const versionKey = (accountId: string, functionName: string, versionId: string | number): string =>
  versionsPrefix(accountId, functionName) + padded(Number(versionId))

/** The aliases of a function that is in a service (`service$function`) are those of the service. */
export const aliasesPrefix = (accountId: string, functionName: string): string =>
  `fc/${accountId}/aliases/${part(functionName.slice(0, functionName.indexOf('$') + 1) || functionName)}/`
export const aliasKey = (accountId: string, functionName: string, aliasName: string): string =>
  aliasesPrefix(accountId, functionName) + part(aliasName)

export const allTriggersPrefix = (accountId: string): string => `fc/${accountId}/triggers/`
export const triggersPrefix = (accountId: string, functionName: string): string =>
  `${allTriggersPrefix(accountId)}${part(functionName)}/`
export const triggerKey = (accountId: string, functionName: string, triggerName: string): string =>
  triggersPrefix(accountId, functionName) + part(triggerName)

/** What the edge needs of the one HTTP trigger that a qualifier may have. */
export const httpTriggersPrefix = (accountId: string, functionName: string): string =>
  `fc/${accountId}/http-triggers/${part(functionName)}/`
export const httpTriggerKey = (accountId: string, functionName: string, qualifier: string): string =>
  httpTriggersPrefix(accountId, functionName) + part(qualifier)

/** What is needed of a trigger that waits for what happens in another product. */
export const allSourceTriggersPrefix = (accountId: string): string => `fc/${accountId}/source-triggers/`
export const sourceTriggersPrefix = (accountId: string, functionName: string): string =>
  `${allSourceTriggersPrefix(accountId)}${part(functionName)}/`
export const sourceTriggerKey = (accountId: string, functionName: string, triggerName: string): string =>
  sourceTriggersPrefix(accountId, functionName) + part(triggerName)

/** What the clock of the timer triggers needs of each, and how far it has got. */
export const allTimerTriggersPrefix = (accountId: string): string => `fc/${accountId}/timer-triggers/`
export const timerTriggersPrefix = (accountId: string, functionName: string): string =>
  `${allTimerTriggersPrefix(accountId)}${part(functionName)}/`
export const timerTriggerKey = (accountId: string, functionName: string, triggerName: string): string =>
  timerTriggersPrefix(accountId, functionName) + part(triggerName)

export const allAsyncConfigsPrefix = (accountId: string): string => `fc/${accountId}/async-configs/`
export const asyncConfigsPrefix = (accountId: string, functionName: string): string =>
  `${allAsyncConfigsPrefix(accountId)}${part(functionName)}/`
export const asyncConfigKey = (accountId: string, functionName: string, qualifier: string): string =>
  asyncConfigsPrefix(accountId, functionName) + part(qualifier)

export const concurrencyPrefix = (accountId: string): string => `fc/${accountId}/concurrency/`
export const concurrencyKey = (accountId: string, functionName: string): string =>
  concurrencyPrefix(accountId) + part(functionName)

export const layersPrefix = (accountId: string): string => `fc/${accountId}/layers/`
export const layerKey = (accountId: string, layerName: string): string =>
  layersPrefix(accountId) + part(layerName)

export const layerVersionsPrefix = (accountId: string, layerName: string): string =>
  `fc/${accountId}/layer-versions/${part(layerName)}/`
export const layerVersionKey = (accountId: string, layerName: string, version: number): string =>
  layerVersionsPrefix(accountId, layerName) + padded(version)

export const allProvisionConfigsPrefix = (accountId: string): string => `fc/${accountId}/provision-configs/`
export const provisionConfigsPrefix = (accountId: string, functionName: string): string =>
  `${allProvisionConfigsPrefix(accountId)}${part(functionName)}/`
export const provisionConfigKey = (accountId: string, functionName: string, qualifier: string): string =>
  provisionConfigsPrefix(accountId, functionName) + part(qualifier)

export const allScalingConfigsPrefix = (accountId: string): string => `fc/${accountId}/scaling-configs/`
export const scalingConfigsPrefix = (accountId: string, functionName: string): string =>
  `${allScalingConfigsPrefix(accountId)}${part(functionName)}/`
export const scalingConfigKey = (accountId: string, functionName: string, qualifier: string): string =>
  scalingConfigsPrefix(accountId, functionName) + part(qualifier)

const DOMAIN = /^[a-z0-9.*-]{1,256}$/
export const customDomainsPrefix = (accountId: string): string => `fc/${accountId}/custom-domains/`
export const customDomainKey = (accountId: string, domainName: string): string => {
  const name = domainName.toLowerCase()
  return customDomainsPrefix(accountId) + (DOMAIN.test(name) ? name : '!')
}

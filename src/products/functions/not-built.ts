import { notImplemented } from './errors.ts'
import { type FunctionSpec, knownFields } from './function-spec.ts'

/**
 * What of a function's specification is not built here. Clients send "empty" forms of nearly every field
 * (`s` always does); those mean "not set" and pass. Anything that would change behaviour is refused by name.
 */
export function refuseWhatIsNotBuilt(spec: FunctionSpec): void {
  for (const [field, wouldChange] of Object.entries(changesBehaviour)) {
    const value = spec[field]
    if (value !== undefined && wouldChange(value)) throw notImplemented(`the field '${field}'`)
  }
  for (const hook of ['initializer', 'preStop'] as const) {
    if ((spec.instanceLifecycleConfig?.[hook]?.command?.length ?? 0) > 0) {
      throw notImplemented(`the field 'instanceLifecycleConfig.${hook}.command'`)
    }
  }
  for (const [field, value] of Object.entries(spec)) {
    if (!knownFields.has(field) && !answerOnlyFields.has(field) && !isEmpty(value)) {
      throw notImplemented(`the field '${field}'`)
    }
  }
}

/** Empty in the sense of the vendor's clients: nothing in it says anything. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object') return Object.values(value).every(isEmpty)
  return false
}

const changesAnything = (value: unknown): boolean => !isEmpty(value)
const mountsAnything = (config: unknown): boolean =>
  !isEmpty(typeof config === 'object' && config !== null && 'mountPoints' in config ? config.mountPoints : 0)
/** Any value but the one that says what happens anyway. */
const differsFrom =
  (usual: string) =>
  (value: unknown): boolean =>
    !isEmpty(value) && !(typeof value === 'string' && value.toUpperCase() === usual)

const changesBehaviour: Record<string, (value: unknown) => boolean> = {
  customContainerConfig: changesAnything,
  customDNS: changesAnything,
  disableInjectCredentials: differsFrom('NONE'),
  disableOndemand: changesAnything,
  enableLongLiving: changesAnything,
  gpuConfig: changesAnything,
  idleTimeout: changesAnything,
  instanceIsolationMode: differsFrom('SHARE'),
  juiceFsConfig: mountsAnything,
  nasConfig: mountsAnything,
  ossMountConfig: mountsAnything,
  polarFsConfig: mountsAnything,
  sessionAffinity: differsFrom('NONE'),
  sessionAffinityConfig: changesAnything,
  vpcConfig: changesAnything,
}

/** Fields of an answer that clients send back when they edit what they read. */
const answerOnlyFields: ReadonlySet<string> = new Set([
  'codeChecksum',
  'codeSize',
  'createdTime',
  'functionArn',
  'functionId',
  'invocationRestriction',
  'lastModifiedTime',
  'lastUpdateStatus',
  'lastUpdateStatusReason',
  'lastUpdateStatusReasonCode',
  'lockInfo',
  'state',
  'stateReason',
  'stateReasonCode',
])

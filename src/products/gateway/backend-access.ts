/**
 * Whoever names a function as a backend has everybody call it: they have to be allowed to call it themselves, or to hand on
 * the role that the gateway then calls it in.
 */
import type { ServiceConfig } from './definition/definition.ts'
import { roleNotTrusted } from './errors.ts'
import { API_GATEWAY, type FunctionTarget } from './needs.ts'
import type { Call } from './vocabulary.ts'

/** Throws `ApiError`. */
export function checkBackendAccess(
  call: Call,
  { Mock, ServiceProtocol, FunctionComputeConfig }: ServiceConfig,
): void {
  if (Mock || ServiceProtocol !== 'FUNCTIONCOMPUTE' || !FunctionComputeConfig) return
  const { RoleArn, FcType } = FunctionComputeConfig
  if (RoleArn !== '') {
    call.require('ram:PassRole', RoleArn, { 'acs:Service': API_GATEWAY })
    if (!call.functions.isTrustedBy(RoleArn)) throw roleNotTrusted(RoleArn)
  } else if (FcType === 'FCEvent') {
    call.require('fc:InvokeFunction', call.functions.arnOf(targetOf(FunctionComputeConfig)))
  }
}

export const targetOf = ({
  ServiceName,
  FunctionName,
  Qualifier,
  RoleArn,
}: NonNullable<ServiceConfig['FunctionComputeConfig']>): FunctionTarget => ({
  serviceName: ServiceName,
  functionName: FunctionName,
  qualifier: Qualifier || 'LATEST',
  roleArn: RoleArn,
})

import { notImplemented } from '../../errors.ts'
import { type FunctionsContext, none, type Operation, operation } from '../../vocabulary.ts'

const ofFunction = '/services/{service}/functions/{functionName}'

const known = [
  ['CreateVpcBinding', 'POST', '/services/{service}/bindings'],
  ['DeleteVpcBinding', 'DELETE', '/services/{service}/bindings/{vpcId}'],
  ['RegisterEventSource', 'POST', `${ofFunction}/event-sources`],
  ['ListEventSources', 'GET', `${ofFunction}/event-sources`],
  ['DeregisterEventSource', 'DELETE', `${ofFunction}/event-sources/{sourceArn+}`],
  ['ClaimGPUInstance', 'POST', '/gpuInstances'],
  ['ReleaseGPUInstance', 'DELETE', '/gpuInstances/{instanceId}'],
] as const

/** Of API 2021-04-06. Known and not built: a client is told so by name. */
export const notBuilt: readonly Operation<FunctionsContext>[] = known.map(([name, method, path]) =>
  operation({
    name,
    route: `${method} /2021-04-06${path}`,
    body: none,
    async handle() {
      throw notImplemented(`the operation '${name}'`)
    },
  }),
)

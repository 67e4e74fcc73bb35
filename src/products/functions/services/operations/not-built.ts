import { notImplemented } from '../../errors.ts'
import { type FunctionsContext, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'

const ofFunction = '/services/{service}/functions/{functionName}'

/** Known and not built: a client is told so by name. */
const in2021 = [
  ['CreateVpcBinding', 'POST', '/services/{service}/bindings'],
  ['DeleteVpcBinding', 'DELETE', '/services/{service}/bindings/{vpcId}'],
  ['RegisterEventSource', 'POST', `${ofFunction}/event-sources`],
  ['ListEventSources', 'GET', `${ofFunction}/event-sources`],
  ['DeregisterEventSource', 'DELETE', `${ofFunction}/event-sources/{sourceArn+}`],
  ['ClaimGPUInstance', 'POST', '/gpuInstances'],
  ['ReleaseGPUInstance', 'DELETE', '/gpuInstances/{instanceId}'],
] as const

export const notBuiltOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] =>
  (prefix === '/2016-08-15' ? [] : in2021).map(([name, method, path]) =>
    operation({
      name,
      route: `${method} ${prefix}${path}`,
      body: none,
      async handle() {
        throw notImplemented(`the operation '${name}'`)
      },
    }),
  )

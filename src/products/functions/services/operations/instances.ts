import { execInInstance } from '../../instance-exec.ts'
import { isVersionId, LATEST } from '../../names.ts'
import { limitOf } from '../../paging.ts'
import { type FunctionsContext, jsonReply, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { inServices } from '../delegate.ts'
import { type Located, locate, nameInService } from '../names.ts'
import { functionAt, requireAlias } from '../qualifiers.ts'

export const instanceOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'ListInstances',
    route: `GET ${prefix}/services/{service}/functions/{functionName}/instances`,
    body: none,

    async handle({ path, query }, context) {
      const located = locate(path.service, query)
      const limit = limitOf(query)
      const wanted = query.getAll('instanceIds').flatMap((ids) => ids.split(','))
      await functionAt(context, located, path.functionName)
      const versions = await versionsOf(context, located)
      const instances = context
        .runningInstances(nameInService(located.serviceName, path.functionName))
        .filter(({ versionId }) => versions.includes(versionId))
        .filter(({ instanceId }) => wanted.length === 0 || wanted.includes(instanceId))
        .slice(0, limit)
        // "If the instance belongs to the LATEST alias, 0 is returned as the version."
        .map(({ instanceId, versionId }) => ({
          instanceId,
          versionId: versionId === LATEST ? '0' : versionId,
        }))
      return jsonReply(200, { instances })
    },
  }),
]

/** By WebSocket; API 2021-04-06 has none. */
export const instanceExec = operation({
  name: 'InstanceExec',
  route: 'GET /2016-08-15/services/{service}/functions/{functionName}/instances/{instanceId}/exec',
  body: none,

  async handle({ path, query, headers }, context) {
    const { instanceId } = path
    const located = locate(path.service, query)
    await functionAt(context, located, path.functionName)
    const functionName = nameInService(located.serviceName, path.functionName)
    const versions = await versionsOf(context, located)
    return inServices(() => execInInstance({ functionName, instanceId, versions, query, headers }, context))
  },
})

/** Those that a qualifier sends invocations to. */
async function versionsOf(context: FunctionsContext, { serviceName, qualifier }: Located): Promise<string[]> {
  if (qualifier === LATEST || isVersionId(qualifier)) return [qualifier]
  const { versionId, additionalVersionWeight } = await requireAlias(context, serviceName, qualifier)
  return [versionId, ...Object.keys(additionalVersionWeight)]
}

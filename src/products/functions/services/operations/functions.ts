import type { Write } from '../../../../ports/records.ts'
import { bodyWithCodeBytesMax, namesCode, storeCode } from '../../code.ts'
import { codeUrl } from '../../code-urls.ts'
import { invalidArgument, provisionConfigExist } from '../../errors.ts'
import { checkIfMatch, etagOf } from '../../etag.ts'
import type { FunctionRecord, FunctionState } from '../../function.ts'
import { configFrom } from '../../function-config.ts'
import {
  asyncConfigKey,
  asyncConfigsPrefix,
  concurrencyKey,
  functionKey,
  provisionConfigsPrefix,
  serviceFunctionsPrefix,
  triggersPrefix,
  versionKey,
  versionsPrefix,
} from '../../keys.ts'
import { resolveLayers } from '../../layers.ts'
import { checkFunctionName, LATEST } from '../../names.ts'
import { listPage } from '../../paging.ts'
import type { VersionRecord } from '../../versions.ts'
import {
  type FunctionsContext,
  json,
  jsonReply,
  none,
  type Operation,
  operation,
  type Reply,
  timeText,
} from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { changeService, FUNCTIONS_MAX, functionsOf, requireService } from '../change-service.ts'
import { functionAlreadyExists, functionNotEmpty, functionNotFound, limitExceeded } from '../errors.ts'
import { functionDocument, functionSpecOf, instanceTypeOf, serviceFunctionSpec } from '../function-mapping.ts'
import { locate, locateLatest, nameInService } from '../names.ts'
import { pageFrom, pageOfNames } from '../paging.ts'
import { functionAt, serviceAt } from '../qualifiers.ts'

export const functionOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'CreateFunction',
    route: `POST ${prefix}/services/{service}/functions`,
    body: json(serviceFunctionSpec, { bytesMax: bodyWithCodeBytesMax }),

    async handle({ path, headers, body: spec }, context) {
      const { records, accountId, ids, clock, runnableRuntimes } = context
      const serviceName = locateLatest(path.service)
      const { functionName } = spec
      if (!functionName) throw invalidArgument('FunctionName is required but not provided')
      checkFunctionName(functionName)
      const instanceType = instanceTypeOf(spec.instanceType)
      const layers = await resolveLayers(spec.layers, context)
      const name = nameInService(serviceName, functionName)
      const key = functionKey(accountId, name)
      // Refused before a package is fetched or decoded.
      const service = await requireService(context, serviceName)
      configFrom(functionSpecOf(spec, service.config), layers, runnableRuntimes)
      const taken = await records.get<FunctionRecord>(key)
      if (taken && !taken.value.latestDeleted) throw functionAlreadyExists(serviceName, functionName)
      if (!namesCode(spec.code)) throw invalidArgument('code is required but not provided')
      const code = await storeCode(checksummed(spec.code, headers), context)

      return changeService(context, serviceName, async (root) => {
        const before = await records.get<FunctionRecord>(key)
        if (before && !before.value.latestDeleted) throw functionAlreadyExists(serviceName, functionName)
        const count = (await functionsOf(records, accountId, serviceName)).length
        if (!before && count >= FUNCTIONS_MAX) {
          throw limitExceeded(`a service must not have more than ${FUNCTIONS_MAX} functions`)
        }
        const now = timeText(clock.now())
        const created: FunctionRecord = {
          functionName: name,
          functionId: ids.uuid(),
          revisionId: ids.uuid(),
          createdTime: now,
          lastModifiedTime: now,
          config: configFrom(functionSpecOf(spec, root.config), layers, runnableRuntimes),
          code,
          inService: { serviceName, functionName, instanceType },
          nextVersion: root.nextVersion,
        }
        return {
          service: { ...root, revisionId: ids.uuid() },
          writes: [{ put: key, value: created, expect: before?.version ?? 'absent' }],
          forget: [name],
          result: replyOf(created),
        }
      })
    },
  }),

  operation({
    name: 'ListFunctions',
    route: `GET ${prefix}/services/{service}/functions`,
    body: none,

    async handle({ path, query }, context) {
      const { records, accountId } = context
      const located = locate(path.service, query)
      const { serviceName } = located
      const page = pageFrom(query)
      const namePrefix = query.get('prefix') ?? ''
      const { version } = await serviceAt(context, located)
      if (version) {
        const { names, nextToken } = pageOfNames(version.functionNames, { namePrefix, page })
        const stored = await Promise.all(
          names.map((name) =>
            records.get<VersionRecord>(
              versionKey(accountId, nameInService(serviceName, name), version.versionId),
            ),
          ),
        )
        const functions = stored.flatMap((found) => (found ? [functionDocument(found.value.state)] : []))
        return jsonReply(200, { functions, nextToken })
      }
      const { items, nextToken } = await listPage<FunctionRecord>(records, {
        prefix: serviceFunctionsPrefix(accountId, serviceName),
        namePrefix,
        page,
        matches: ({ latestDeleted }) => !latestDeleted,
      })
      return jsonReply(200, { functions: items.map(functionDocument), nextToken })
    },
  }),

  operation({
    name: 'GetFunction',
    route: `GET ${prefix}/services/{service}/functions/{functionName}`,
    body: none,

    async handle({ path, query }, context) {
      return replyOf(await functionAt(context, locate(path.service, query), path.functionName))
    },
  }),

  operation({
    name: 'GetFunctionCode',
    route: `GET ${prefix}/services/{service}/functions/{functionName}/code`,
    body: none,

    async handle({ path, query }, context) {
      const { baseUrl, codeUrlSecret: secret, clock } = context
      const { code } = await functionAt(context, locate(path.service, query), path.functionName)
      const url = codeUrl(code, { baseUrl, secret, nowMs: clock.now() })
      return jsonReply(200, { url, checksum: code.crc64 })
    },
  }),

  operation({
    name: 'UpdateFunction',
    route: `PUT ${prefix}/services/{service}/functions/{functionName}`,
    body: json(serviceFunctionSpec, { bytesMax: bodyWithCodeBytesMax }),

    async handle({ path: { service, functionName }, headers, body: spec }, context) {
      const { records, accountId, ids, clock, runnableRuntimes } = context
      const serviceName = locateLatest(service)
      if (spec.functionName !== undefined && spec.functionName !== functionName) {
        throw invalidArgument('FunctionName in the body differs from the one in the path')
      }
      const name = nameInService(serviceName, functionName)
      const key = functionKey(accountId, name)
      const ifMatch = headers['if-match']
      const layers = await resolveLayers(spec.layers, context)
      // Refused before a package is fetched or decoded.
      const before = await functionAt(context, { serviceName, qualifier: LATEST }, functionName)
      checkIfMatch(ifMatch, functionDocument(before))
      const { config: serviceConfig } = await requireService(context, serviceName)
      configFrom(functionSpecOf(spec, serviceConfig, before.config), layers, runnableRuntimes, before.config)
      instanceTypeOf(spec.instanceType)
      const code = namesCode(spec.code)
        ? await storeCode(checksummed(spec.code, headers), context)
        : undefined

      return changeService(context, serviceName, async (root) => {
        const stored = await records.get<FunctionRecord>(key)
        if (!stored || stored.value.latestDeleted) throw functionNotFound(serviceName, functionName)
        const { value } = stored
        checkIfMatch(ifMatch, functionDocument(value))
        const specNow = functionSpecOf(spec, root.config, value.config)
        const updated: FunctionRecord = {
          ...value,
          config: configFrom(specNow, layers, runnableRuntimes, value.config),
          code: code ?? value.code,
          inService: {
            serviceName,
            functionName,
            instanceType: instanceTypeOf(spec.instanceType, value.inService?.instanceType),
          },
          revisionId: ids.uuid(),
          lastModifiedTime: timeText(clock.now()),
        }
        return {
          service: { ...root, revisionId: ids.uuid() },
          writes: [{ put: key, value: updated, expect: stored.version }],
          forget: [name],
          result: replyOf(updated),
        }
      })
    },
  }),

  operation({
    name: 'DeleteFunction',
    route: `DELETE ${prefix}/services/{service}/functions/{functionName}`,
    body: none,

    handle({ path: { service, functionName }, headers }, context) {
      const { records, accountId, ids } = context
      const serviceName = locateLatest(service)
      const name = nameInService(serviceName, functionName)
      const key = functionKey(accountId, name)
      return changeService(context, serviceName, async (root) => {
        const stored = await records.get<FunctionRecord>(key)
        if (!stored || stored.value.latestDeleted) throw functionNotFound(serviceName, functionName)
        checkIfMatch(headers['if-match'], functionDocument(stored.value))
        const holds = async (holdsPrefix: string): Promise<boolean> =>
          (await records.list({ prefix: holdsPrefix, limit: 1 })).length > 0
        if (await holds(triggersPrefix(accountId, name))) throw functionNotEmpty(functionName)
        const [provisioned] = await records.list<{ qualifier: string }>({
          prefix: provisionConfigsPrefix(accountId, name),
          limit: 1,
        })
        if (provisioned) throw provisionConfigExist(functionName, provisioned.value.qualifier)
        // Versions of the service keep the function as it was then.
        const leaves: Write = (await holds(versionsPrefix(accountId, name)))
          ? { put: key, value: { ...stored.value, latestDeleted: true }, expect: stored.version }
          : { remove: key, expect: stored.version }
        const configs =
          'remove' in leaves
            ? await records.list({ prefix: asyncConfigsPrefix(accountId, name), limit: 100 })
            : [{ key: asyncConfigKey(accountId, name, LATEST) }]
        return {
          service: { ...root, revisionId: ids.uuid() },
          writes: [
            leaves,
            { remove: concurrencyKey(accountId, name) },
            ...configs.map((config): Write => ({ remove: config.key })),
          ],
          forget: [name],
          result: { status: 204 },
        }
      })
    },
  }),
]

/** The checksum may also be in a header. */
const checksummed = <Code extends object>(
  code: Code,
  headers: Readonly<Record<string, string | undefined>>,
): Code & { checksum?: string } => {
  const checksum = headers['x-fc-code-checksum']
  return checksum ? { ...code, checksum } : code
}

function replyOf(state: FunctionState): Reply {
  const document = functionDocument(state)
  return jsonReply(200, document, { etag: etagOf(document) })
}

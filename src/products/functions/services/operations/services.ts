import { VersionConflict, type Write } from '../../../../ports/records.ts'
import { invalidArgument } from '../../errors.ts'
import { checkIfMatch, etagOf } from '../../etag.ts'
import type { FunctionRecord } from '../../function.ts'
import { configFrom } from '../../function-config.ts'
import { aliasesPrefix, serviceKey, servicesPrefix, serviceVersionsPrefix } from '../../keys.ts'
import { listPage } from '../../paging.ts'
import { checkPassedRole } from '../../roles.ts'
import {
  type FunctionsContext,
  json,
  jsonReply,
  none,
  type Operation,
  operation,
  timeText,
} from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { changeService, functionsOf } from '../change-service.ts'
import { serviceAlreadyExists, serviceNotEmpty } from '../errors.ts'
import { functionSpecOf } from '../function-mapping.ts'
import { checkServiceName, locate, locateLatest } from '../names.ts'
import { pageFrom } from '../paging.ts'
import { aliasHolder, serviceAt } from '../qualifiers.ts'
import { documentOf, type ServiceRecord, serviceDocument } from '../service.ts'
import { type ServiceConfig, serviceConfigFrom, serviceSpec } from '../service-config.ts'

export const serviceOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'CreateService',
    route: `POST ${prefix}/services`,
    body: json(serviceSpec),

    async handle({ body: spec }, context) {
      const { records, accountId, ids, clock } = context
      const { serviceName } = spec
      if (!serviceName) throw invalidArgument('ServiceName is required but not provided')
      checkServiceName(serviceName)
      const config = serviceConfigFrom(spec)
      checkPassedRole(config.role, undefined, context)
      const now = timeText(clock.now())
      const created: ServiceRecord = {
        serviceName,
        serviceId: ids.uuid(),
        createdTime: now,
        lastModifiedTime: now,
        config,
        tags: {},
        revisionId: ids.uuid(),
        nextVersion: 1,
      }
      await records
        .commit([{ put: serviceKey(accountId, serviceName), value: created, expect: 'absent' }])
        .catch((error: unknown) => {
          throw error instanceof VersionConflict ? serviceAlreadyExists(serviceName) : error
        })
      return replyOf(created)
    },
  }),

  operation({
    name: 'ListServices',
    route: `GET ${prefix}/services`,
    body: none,

    async handle({ query }, { records, accountId }) {
      const wanted = [...query].flatMap(([key, value]) =>
        key.startsWith('tag_') ? [[key.slice('tag_'.length), value] as const] : [],
      )
      const { items, nextToken } = await listPage<ServiceRecord>(records, {
        prefix: servicesPrefix(accountId),
        namePrefix: query.get('prefix') ?? '',
        page: pageFrom(query),
        ...(wanted.length === 0
          ? {}
          : {
              matches: ({ tags }) =>
                wanted.every(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value),
            }),
      })
      return jsonReply(200, { services: items.map(documentOf), nextToken })
    },
  }),

  operation({
    name: 'GetService',
    route: `GET ${prefix}/services/{service}`,
    body: none,

    async handle({ path, query }, context) {
      const { service, version } = await serviceAt(context, locate(path.service, query))
      if (!version) return replyOf(service)
      // A version is described by what was said when it was published.
      const document = { ...serviceDocument(version.state, service.tags), description: version.description }
      return jsonReply(200, document, { etag: etagOf(document) })
    },
  }),

  operation({
    name: 'UpdateService',
    route: `PUT ${prefix}/services/{service}`,
    body: json(serviceSpec),

    handle({ path, headers, body: spec }, context) {
      const { records, accountId, ids, clock } = context
      const serviceName = locateLatest(path.service)
      return changeService(context, serviceName, async (before) => {
        checkIfMatch(headers['if-match'], documentOf(before))
        const config = serviceConfigFrom(spec, before.config)
        checkPassedRole(config.role, before.config.role, context)
        const now = timeText(clock.now())
        const service = { ...before, config, lastModifiedTime: now, revisionId: ids.uuid() }
        const functions = changesFunctions(spec) ? await functionsOf(records, accountId, serviceName) : []
        const live = functions.filter(({ value }) => !value.latestDeleted)
        return {
          service,
          writes: live.map(
            ({ key, value, version }): Write => ({
              put: key,
              value: under(config, value, context),
              expect: version,
            }),
          ),
          forget: live.map(({ value }) => value.functionName),
          result: replyOf(service),
        }
      })
    },
  }),

  operation({
    name: 'DeleteService',
    route: `DELETE ${prefix}/services/{service}`,
    body: none,

    handle({ path, headers }, context) {
      const { records, accountId } = context
      const serviceName = locateLatest(path.service)
      return changeService(context, serviceName, async (service) => {
        checkIfMatch(headers['if-match'], documentOf(service))
        const functions = await functionsOf(records, accountId, serviceName)
        if (functions.some(({ value }) => !value.latestDeleted))
          throw serviceNotEmpty(serviceName, 'functions')
        for (const [holds, holdsPrefix] of [
          ['versions', serviceVersionsPrefix(accountId, serviceName)],
          ['aliases', aliasesPrefix(accountId, aliasHolder(serviceName))],
        ] as const) {
          if ((await records.list({ prefix: holdsPrefix, limit: 1 })).length > 0) {
            throw serviceNotEmpty(serviceName, holds)
          }
        }
        return { service: 'removed', writes: [], result: { status: 204 } }
      })
    },
  }),
]

function replyOf(service: ServiceRecord) {
  const document = documentOf(service)
  return jsonReply(200, document, { etag: etagOf(document) })
}

const changesFunctions = ({
  description: _,
  serviceName: __,
  ...rest
}: object & { [field: string]: unknown }) => Object.keys(rest).length > 0

/** The function with what its service now says for it: a new state, so that running instances are replaced. */
function under(
  service: ServiceConfig,
  before: FunctionRecord,
  { ids, runnableRuntimes }: FunctionsContext,
): FunctionRecord {
  const config = configFrom(
    functionSpecOf({}, service, before.config),
    undefined,
    runnableRuntimes,
    before.config,
  )
  return { ...before, config, revisionId: ids.uuid() }
}

import { z } from 'zod'
import type { Write } from '../../../../ports/records.ts'
import { checkIfMatch, etagOf } from '../../etag.ts'
import { withoutNulls } from '../../function-spec.ts'
import {
  asyncConfigKey,
  functionKey,
  serviceVersionKey,
  serviceVersionsPrefix,
  versionKey,
  versionsPrefix,
} from '../../keys.ts'
import { checkDescription } from '../../names.ts'
import { checkVersionQuery, versionPage } from '../../version-pages.ts'
import type { VersionRecord } from '../../versions.ts'
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
import { changeService, functionsOf, requireService } from '../change-service.ts'
import { versionPublishError } from '../errors.ts'
import { locateLatest, nameInService } from '../names.ts'
import { requireVersion } from '../qualifiers.ts'
import { documentOf, type ServiceVersionRecord } from '../service.ts'

const publishInput = z.preprocess(withoutNulls, z.object({ description: z.string().default('') }))

/** Versions belong to the service: one keeps the service and all of its functions as they are. */
export const versionOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'PublishServiceVersion',
    route: `POST ${prefix}/services/{service}/versions`,
    body: json(publishInput),

    handle({ path, headers, body: { description } }, context) {
      const { records, accountId, clock } = context
      const serviceName = locateLatest(path.service)
      checkDescription(description)
      return changeService(context, serviceName, async (service) => {
        checkIfMatch(headers['if-match'], documentOf(service))
        if (service.lastPublished?.revisionId === service.revisionId) {
          throw versionPublishError(serviceName, 'No changes were made since last publish')
        }
        const versionId = String(service.nextVersion)
        const createdTime = timeText(clock.now())
        const { nextVersion, lastPublished: _, revisionId, tags: __, ...state } = service
        const stored = await functionsOf(records, accountId, serviceName)
        const functions = stored.filter(({ value }) => !value.latestDeleted)
        const version: ServiceVersionRecord = {
          versionId,
          description,
          createdTime,
          state,
          functionNames: functions.flatMap(({ value }) => value.inService?.functionName ?? []),
        }
        return {
          service: {
            ...service,
            nextVersion: nextVersion + 1,
            lastPublished: { versionId, revisionId },
          },
          writes: [
            { put: serviceVersionKey(accountId, serviceName, versionId), value: version, expect: 'absent' },
            ...functions.flatMap(({ key, value, version: readAt }): Write[] => {
              const { nextVersion: _, lastPublished: __, restriction: ___, ...functionState } = value
              const kept: VersionRecord = { versionId, description, createdTime, state: functionState }
              return [
                {
                  put: versionKey(accountId, value.functionName, versionId),
                  value: kept,
                  expect: 'absent',
                },
                {
                  put: key,
                  value: {
                    ...value,
                    nextVersion: nextVersion + 1,
                    lastPublished: { versionId, revisionId: value.revisionId },
                  },
                  expect: readAt,
                },
              ]
            }),
          ],
          result: jsonReply(200, versionDocument(version), { etag: etagOf(versionDocument(version)) }),
        }
      })
    },
  }),

  operation({
    name: 'ListServiceVersions',
    route: `GET ${prefix}/services/{service}/versions`,
    body: none,

    async handle({ path, query }, context) {
      const { records, accountId } = context
      const serviceName = locateLatest(path.service)
      checkVersionQuery(query)
      const { nextVersion } = await requireService(context, serviceName)
      const page = await versionPage<ServiceVersionRecord>(query, {
        records,
        prefix: serviceVersionsPrefix(accountId, serviceName),
        keyOf: (version) => serviceVersionKey(accountId, serviceName, version),
        nextVersion,
      })
      return jsonReply(200, { ...page, versions: page.versions.map(versionDocument) })
    },
  }),

  operation({
    name: 'DeleteServiceVersion',
    route: `DELETE ${prefix}/services/{service}/versions/{versionId}`,
    body: none,

    /** Aliases and triggers that name it stay, and lead nowhere: so it is with the vendor. */
    handle({ path: { service: path, versionId } }, context) {
      const { records, accountId } = context
      const serviceName = locateLatest(path)
      return changeService(context, serviceName, async (service) => {
        const version = await requireVersion(records, accountId, serviceName, versionId)
        const names = version.functionNames.map((name) => nameInService(serviceName, name))
        const unused = await onlyIn(versionId, names)
        const { lastPublished, ...rest } = service
        return {
          service: lastPublished?.versionId === versionId ? rest : service,
          writes: [
            { remove: serviceVersionKey(accountId, serviceName, versionId) },
            ...names.flatMap((name): Write[] => [
              { remove: versionKey(accountId, name, versionId) },
              { remove: asyncConfigKey(accountId, name, versionId) },
            ]),
            ...unused,
          ],
          forget: names,
          result: { status: 204 },
        }
      })

      /** Takes away the roots of functions that were deleted and that no other version has. */
      async function onlyIn(version: string, names: readonly string[]): Promise<Write[]> {
        const gone = await functionsOf(records, accountId, serviceName)
        const writes: Write[] = []
        for (const { value, version: readAt } of gone) {
          const { functionName } = value
          if (!value.latestDeleted || !names.includes(functionName)) continue
          const others = await records.list<VersionRecord>({
            prefix: versionsPrefix(accountId, functionName),
            limit: 2,
          })
          if (others.every(({ value: other }) => other.versionId === version)) {
            writes.push({ remove: functionKey(accountId, functionName), expect: readAt })
          }
        }
        return writes
      }
    },
  }),
]

const versionDocument = ({ versionId, description, createdTime }: ServiceVersionRecord) => ({
  versionId,
  description,
  createdTime,
  lastModifiedTime: createdTime,
})

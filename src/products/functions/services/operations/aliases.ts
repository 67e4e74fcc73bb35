import { z } from 'zod'
import { type AliasRecord, type AliasTargets, checkTargets } from '../../aliases.ts'
import { invalidArgument, notImplemented } from '../../errors.ts'
import { checkIfMatch, etagOf } from '../../etag.ts'
import { withoutNulls } from '../../function-spec.ts'
import { aliasesPrefix, aliasKey, asyncConfigKey, provisionConfigKey } from '../../keys.ts'
import { checkAliasName, checkDescription } from '../../names.ts'
import { isEmpty } from '../../not-built.ts'
import { listPage } from '../../paging.ts'
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
import { aliasAlreadyExists } from '../errors.ts'
import { locateLatest } from '../names.ts'
import { pageFrom } from '../paging.ts'
import { aliasHolder, requireAlias, requireVersion } from '../qualifiers.ts'

const aliasInput = z.preprocess(
  withoutNulls,
  z.object({
    aliasName: z.string().optional(),
    versionId: z.string().optional(),
    description: z.string().optional(),
    additionalVersionWeight: z.record(z.string(), z.number()).optional(),
    resolvePolicy: z.string().optional(),
    routePolicy: z.unknown().optional(),
  }),
)

/** Aliases belong to the service: one moves all of its functions. */
export const aliasOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'CreateAlias',
    route: `POST ${prefix}/services/{service}/aliases`,
    body: json(aliasInput),

    handle({ path, body }, context) {
      const { records, accountId, clock } = context
      const serviceName = locateLatest(path.service)
      const { aliasName, versionId, description = '', additionalVersionWeight = {} } = body
      if (!aliasName) throw invalidArgument('AliasName is required but not provided')
      if (!versionId) throw invalidArgument('VersionID is required but not provided')
      checkAliasName(aliasName)
      checkDescription(description)
      refusePolicies(body)
      return changeService(context, serviceName, async () => {
        const key = aliasKey(accountId, aliasHolder(serviceName), aliasName)
        if (await records.get(key)) throw aliasAlreadyExists(serviceName, aliasName)
        await check(context, serviceName, { versionId, additionalVersionWeight })
        const now = timeText(clock.now())
        const alias: AliasRecord = {
          aliasName,
          versionId,
          description,
          additionalVersionWeight,
          createdTime: now,
          lastModifiedTime: now,
        }
        return {
          writes: [{ put: key, value: alias, expect: 'absent' }],
          forget: await namesOf(context, serviceName),
          result: jsonReply(200, alias, { etag: etagOf(alias) }),
        }
      })
    },
  }),

  operation({
    name: 'ListAliases',
    route: `GET ${prefix}/services/{service}/aliases`,
    body: none,

    async handle({ path, query }, context) {
      const serviceName = locateLatest(path.service)
      const page = pageFrom(query)
      await requireService(context, serviceName)
      const { items: aliases, nextToken } = await listPage<AliasRecord>(context.records, {
        prefix: aliasesPrefix(context.accountId, aliasHolder(serviceName)),
        namePrefix: query.get('prefix') ?? '',
        page,
      })
      return jsonReply(200, { aliases, nextToken })
    },
  }),

  operation({
    name: 'GetAlias',
    route: `GET ${prefix}/services/{service}/aliases/{aliasName}`,
    body: none,

    async handle({ path }, context) {
      const serviceName = locateLatest(path.service)
      await requireService(context, serviceName)
      const alias = await requireAlias(context, serviceName, path.aliasName)
      return jsonReply(200, alias, { etag: etagOf(alias) })
    },
  }),

  operation({
    name: 'UpdateAlias',
    route: `PUT ${prefix}/services/{service}/aliases/{aliasName}`,
    body: json(aliasInput),

    handle({ path: { service, aliasName }, headers, body }, context) {
      const serviceName = locateLatest(service)
      if (body.description !== undefined) checkDescription(body.description)
      refusePolicies(body)
      return changeService(context, serviceName, async () => {
        const before = await requireAlias(context, serviceName, aliasName)
        checkIfMatch(headers['if-match'], before)
        const alias: AliasRecord = {
          ...before,
          versionId: body.versionId || before.versionId,
          description: body.description ?? before.description,
          additionalVersionWeight: body.additionalVersionWeight ?? before.additionalVersionWeight,
          lastModifiedTime: timeText(context.clock.now()),
        }
        await check(context, serviceName, alias)
        return {
          writes: [{ put: aliasKey(context.accountId, aliasHolder(serviceName), aliasName), value: alias }],
          forget: await namesOf(context, serviceName),
          result: jsonReply(200, alias, { etag: etagOf(alias) }),
        }
      })
    },
  }),

  operation({
    name: 'DeleteAlias',
    route: `DELETE ${prefix}/services/{service}/aliases/{aliasName}`,
    body: none,

    /** Triggers that name it stay, and lead nowhere; the configs that functions have for it go with it. */
    async handle({ path: { service, aliasName }, headers }, context) {
      const { accountId, provisioning } = context
      const serviceName = locateLatest(service)
      const names = await changeService(context, serviceName, async () => {
        checkIfMatch(headers['if-match'], await requireAlias(context, serviceName, aliasName))
        const functions = await namesOf(context, serviceName)
        return {
          writes: [
            { remove: aliasKey(accountId, aliasHolder(serviceName), aliasName) },
            ...functions.flatMap((name) =>
              [asyncConfigKey, provisionConfigKey].map((keyOf) => ({
                remove: keyOf(accountId, name, aliasName),
              })),
            ),
          ],
          forget: functions,
          result: functions,
        }
      })
      for (const name of names) provisioning.withdraw(name, aliasName)
      return { status: 204 }
    },
  }),
]

const check = ({ records, accountId }: FunctionsContext, serviceName: string, targets: AliasTargets) =>
  checkTargets(targets, async (version) => {
    await requireVersion(records, accountId, serviceName, version)
  })

/** Of all functions: each remembers what the aliases of its service stand for. */
const namesOf = async ({ records, accountId }: FunctionsContext, serviceName: string): Promise<string[]> =>
  (await functionsOf(records, accountId, serviceName)).map(({ value }) => value.functionName)

/** By weight is the one way in which an alias chooses here. */
function refusePolicies({
  resolvePolicy,
  routePolicy,
}: {
  resolvePolicy?: string
  routePolicy?: unknown
}): void {
  if (resolvePolicy && resolvePolicy !== 'Random')
    throw notImplemented(`the resolvePolicy '${resolvePolicy}'`)
  if (!isEmpty(routePolicy)) throw notImplemented("the field 'routePolicy'")
}

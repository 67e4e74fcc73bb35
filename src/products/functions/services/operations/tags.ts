import { z } from 'zod'
import { invalidArgument, notImplemented } from '../../errors.ts'
import { withoutNulls } from '../../function-spec.ts'
import { servicesPrefix } from '../../keys.ts'
import { listPage, pageOf } from '../../paging.ts'
import { type FunctionsContext, json, jsonReply, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { changeService, requireService } from '../change-service.ts'
import { serviceArn } from '../names.ts'
import type { ServiceRecord } from '../service.ts'

const TAGS_MAX = 20

const tagInput = z.preprocess(
  withoutNulls,
  z.object({
    resourceArn: z.string().max(1024).default(''),
    tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
  }),
)

const untagInput = z.preprocess(
  withoutNulls,
  z.object({
    resourceArn: z.string().max(1024).default(''),
    tagKeys: z.array(z.string()).max(TAGS_MAX).default([]),
    all: z.boolean().default(false),
  }),
)

/** Only services have tags in these APIs. */
export const tagOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'TagResource',
    route: `POST ${prefix}/tag`,
    body: json(tagInput),

    async handle({ body: { resourceArn, tags } }, context) {
      if (Object.keys(tags).length === 0) throw invalidArgument('tags is required but not provided')
      await changeService(context, serviceOf(resourceArn, context), (service) => {
        const all = { ...service.tags, ...tags }
        if (Object.keys(all).length > TAGS_MAX) {
          throw invalidArgument(`a service must not have more than ${TAGS_MAX} tags`)
        }
        return { service: { ...service, tags: all }, writes: [], result: undefined }
      })
      return { status: 204 }
    },
  }),

  operation({
    name: 'UntagResource',
    // With a body; API 2016-08-15 puts it on a DELETE.
    route: prefix === '/2016-08-15' ? `DELETE ${prefix}/tag` : `PUT ${prefix}/tag`,
    body: json(untagInput),

    async handle({ body: { resourceArn, tagKeys, all } }, context) {
      if (!all && tagKeys.length === 0) throw invalidArgument('tagKeys is required but not provided')
      await changeService(context, serviceOf(resourceArn, context), (service) => {
        const kept = Object.entries(service.tags).filter(([key]) => !all && !tagKeys.includes(key))
        return {
          service: { ...service, tags: Object.fromEntries(kept) },
          writes: [],
          result: undefined,
        }
      })
      return { status: 204 }
    },
  }),

  operation({
    name: 'GetResourceTags',
    route: `GET ${prefix}/tag`,
    body: none,

    async handle({ query }, context) {
      const { region, accountId } = context
      const serviceName = serviceOf(query.get('resourceArn') ?? '', context)
      const { tags } = await requireService(context, serviceName)
      return jsonReply(200, { resourceArn: serviceArn(region, accountId, serviceName), tags })
    },
  }),

  operation({
    name: 'ListTaggedResources',
    route: `GET ${prefix}/tags`,
    body: none,

    async handle({ query }, { records, accountId, region }) {
      const { items, nextToken } = await listPage<ServiceRecord>(records, {
        prefix: servicesPrefix(accountId),
        page: pageOf(query),
        matches: ({ tags }) => Object.keys(tags).length > 0,
      })
      const resources = items.map(({ serviceName, tags }) => ({
        resourceArn: serviceArn(region, accountId, serviceName),
        tags,
      }))
      return jsonReply(200, { resources, nextToken })
    },
  }),
]

/** "Either full ARN or partial ARN": `acs:fc:cn-hangzhou:123:services/s` or `services/s`. */
function serviceOf(resourceArn: string, { region, accountId }: FunctionsContext): string {
  const [, arnRegion = region, arnAccount = accountId, kind, name] =
    /^(?:acs:fc:([^:]*):([^:]*):)?([a-z-]+)\/(.+)$/.exec(resourceArn) ?? []
  if (name === undefined || arnRegion !== region || arnAccount !== accountId) {
    throw invalidArgument(`resourceArn is set to an invalid value (actual: '${resourceArn}')`)
  }
  if (kind !== 'services' || name.includes('/')) throw notImplemented(`a tag of '${resourceArn}'`)
  return name
}

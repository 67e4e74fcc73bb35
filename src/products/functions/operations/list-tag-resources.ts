import { z } from 'zod'
import { requireFunction } from '../change-function.ts'
import { invalidArgument } from '../errors.ts'
import type { FunctionRecord } from '../function.ts'
import { tag } from '../function-spec.ts'
import { functionsPrefix } from '../keys.ts'
import { functionArn } from '../names.ts'
import { listPage, pageOf } from '../paging.ts'
import { checkResourceType, functionsNamed, listIn, type Tag } from '../tags.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** The tags of these functions, or of all that have each of these tags. `Limit` counts functions. */
export const listTagResources = operation({
  name: 'ListTagResources',
  route: 'GET /2023-03-30/tags-v2',
  body: none,

  async handle({ query }, context) {
    const { records, accountId, region, requestId } = context
    checkResourceType(query.get('ResourceType'))
    const wanted = listIn(query, 'Tag', tag)
    const names = functionsNamed(context, listIn(query, 'ResourceId', z.string()))
    if (names.length === 0 && wanted.length === 0)
      throw invalidArgument('either ResourceId or Tag is required')
    const matches = ({ config: { tags = [] } }: FunctionRecord): boolean =>
      tags.length > 0 && wanted.every((one) => tags.some((has) => isA(one, has)))
    const { items, nextToken } =
      names.length > 0
        ? { items: (await Promise.all(names.map((name) => requireFunction(context, name)))).filter(matches) }
        : await listPage<FunctionRecord>(records, {
            prefix: functionsPrefix(accountId),
            page: pageOf(lowerCased(query)),
            matches,
          })
    return jsonReply(200, {
      RequestId: requestId,
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      TagResources: items.flatMap(({ functionName, config }) =>
        (config.tags ?? []).map(({ Key, Value = '' }) => ({
          ResourceId: functionArn(region, accountId, functionName),
          ResourceType: 'function',
          TagKey: Key,
          TagValue: Value,
        })),
      ),
    })
  },
})

/** Without a value, any. */
const isA = (wanted: Tag, has: Tag): boolean =>
  wanted.Key === has.Key && (wanted.Value === undefined || wanted.Value === (has.Value ?? ''))

/** This operation alone spells its paging in capitals. */
const lowerCased = (query: URLSearchParams): URLSearchParams =>
  new URLSearchParams({ limit: query.get('Limit') ?? '', nextToken: query.get('NextToken') ?? '' })

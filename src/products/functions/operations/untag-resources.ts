import { z } from 'zod'
import { requireFunction } from '../change-function.ts'
import { invalidArgument } from '../errors.ts'
import { changeTags, checkResourceType, functionsNamed, listIn } from '../tags.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Takes the tags with these keys away, or all of them. A key that is not there is no error. */
export const untagResources = operation({
  name: 'UntagResources',
  route: 'DELETE /2023-03-30/tags-v2',
  body: none,

  async handle({ query }, context) {
    checkResourceType(query.get('ResourceType'))
    const names = functionsNamed(context, listIn(query, 'ResourceId', z.string()))
    if (names.length === 0) throw invalidArgument('ResourceId is required but not provided')
    const keys = new Set(listIn(query, 'TagKey', z.string()))
    const all = query.get('All')?.toLowerCase() === 'true'
    if (!all && keys.size === 0) throw invalidArgument('either TagKey or All is required')
    await Promise.all(names.map((name) => requireFunction(context, name)))
    for (const name of names)
      await changeTags(context, name, (tags) => tags.filter(({ Key }) => !all && !keys.has(Key)))
    return jsonReply(200, { RequestId: context.requestId })
  },
})

import { z } from 'zod'
import { requireFunction } from '../change-function.ts'
import { invalidArgument } from '../errors.ts'
import { tag, withoutNulls } from '../function-spec.ts'
import { changeTags, checkResourceType, functionsNamed, namedMax } from '../tags.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

const input = z.preprocess(
  withoutNulls,
  z.object({
    ResourceType: z.string().optional(),
    ResourceId: z.array(z.string()).min(1).max(namedMax),
    Tag: z.array(tag).min(1).max(namedMax),
  }),
)

/** A tag that is there gets the new value. Nothing is changed unless all functions are there. */
export const tagResources = operation({
  name: 'TagResources',
  route: 'POST /2023-03-30/tags-v2',
  body: json(input),

  async handle({ body }, context) {
    checkResourceType(body.ResourceType)
    const names = functionsNamed(context, body.ResourceId)
    const keys = new Set(body.Tag.map(({ Key }) => Key))
    if (keys.size !== body.Tag.length) throw invalidArgument('Tags must not repeat a key')
    await Promise.all(names.map((name) => requireFunction(context, name)))
    for (const name of names)
      await changeTags(context, name, (tags) => [...tags.filter(({ Key }) => !keys.has(Key)), ...body.Tag])
    return jsonReply(200, { RequestId: context.requestId })
  },
})

import { fieldsOf, rootNamed, xmlBody } from '../document.ts'
import { endpointInvalid } from '../errors.ts'
import { operation } from '../product.ts'
import { subscribe as add } from '../subscriptions.ts'
import { contentFormats, notifyStrategies, wordOf } from '../topic.ts'

export const subscribe = operation({
  name: 'Subscribe',
  route: 'PUT /topics/{topic}/subscriptions/{subscription}',
  body: xmlBody,

  async handle({ path: { topic, subscription: name }, body }, context) {
    const fields = fieldsOf(rootNamed(body, 'Subscription'), [
      'Endpoint',
      'FilterTag',
      'NotifyStrategy',
      'NotifyContentFormat',
    ])
    const endpoint = fields.get('Endpoint')?.text.trim()
    if (endpoint === undefined) throw endpointInvalid()
    const filterTag = fields.get('FilterTag')?.text.trim()
    const settings = {
      endpoint,
      ...(filterTag ? { filterTag } : {}),
      notifyStrategy: wordOf('NotifyStrategy', fields, notifyStrategies) ?? 'BACKOFF_RETRY',
      notifyContentFormat: wordOf('NotifyContentFormat', fields, contentFormats) ?? 'XML',
    }
    const isNew = await add({ topic, name }, settings, context)
    const headers = { location: `${context.origin}/topics/${topic}/subscriptions/${name}` }
    return { status: isNew ? 201 : 204, headers }
  },
})

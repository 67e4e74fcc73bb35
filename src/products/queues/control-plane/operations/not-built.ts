import { notImplemented } from '../../errors.ts'
import { form, rpcOperation } from '../vocabulary.ts'

/** Operations of the API that are known and not built: a client is told so by name. */
export const notBuilt = [
  'CreateEventRule',
  'CreateTopic',
  'DeleteEventRule',
  'DeleteTopic',
  'DisableEndpoint',
  'EnableEndpoint',
  'GetEndpointAttribute',
  'GetEventRule',
  'GetSubscriptionAttributes',
  'GetTopicAttributes',
  'ListEventRules',
  'ListQueue',
  'ListSubscriptionByTopic',
  'ListTopic',
  'SetSubscriptionAttributes',
  'SetTopicAttributes',
  'Subscribe',
  'Unsubscribe',
].map((name) =>
  rpcOperation({
    name,
    route: `POST /${name}`,
    body: form,
    async handle() {
      throw notImplemented(`the operation '${name}'`)
    },
  }),
)

import { allTriggersPrefix } from '../keys.ts'
import { nextTokenOf, pageOf } from '../paging.ts'
import { triggerStateDocument } from '../trigger-state.ts'
import type { TriggerRecord } from '../triggers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Ours: the triggers of all functions, in the order of their functions, and how far their events have got. */
export const listTriggerStates = operation({
  name: 'ListTriggerStates',
  route: 'GET /hanshu/triggers',
  body: none,

  async handle({ query }, context) {
    const { records, accountId } = context
    const { limit, after } = pageOf(query)
    const prefix = allTriggersPrefix(accountId)
    const page = await records.list<TriggerRecord>({
      prefix,
      limit: limit + 1,
      ...(after === undefined ? {} : { after: prefix + after }),
    })
    const shown = page.slice(0, limit).map(({ key, value }) => ({ key: key.slice(prefix.length), value }))
    const triggers = await Promise.all(
      shown.map(({ key, value }) => triggerStateDocument(value, key.slice(0, key.indexOf('/')), context)),
    )
    return jsonReply(200, {
      triggers,
      nextToken: nextTokenOf(page.length > limit ? shown.at(-1)?.key : undefined),
    })
  },
})

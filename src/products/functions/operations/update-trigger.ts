import { z } from 'zod'
import { changeFunction } from '../change-function.ts'
import { triggerNotFound } from '../errors.ts'
import { checkIfMatch, etagOf } from '../etag.ts'
import { withoutNulls } from '../function-spec.ts'
import { triggerKey } from '../keys.ts'
import { checkDescription } from '../names.ts'
import { stateAt } from '../qualifiers.ts'
import { type TriggerRecord, triggerConfigText, triggerDocument, triggerWrites } from '../triggers.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const updateTriggerInput = z.preprocess(
  withoutNulls,
  z.object({
    triggerConfig: z.string().optional(),
    qualifier: z.string().optional(),
    description: z.string().optional(),
    invocationRole: z.string().optional(),
  }),
)

/** What the body does not name stays as it is. */
export const updateTrigger = operation({
  name: 'UpdateTrigger',
  route: 'PUT /2023-03-30/functions/{functionName}/triggers/{triggerName}',
  body: json(updateTriggerInput),

  handle({ path: { functionName, triggerName }, headers, body }, context) {
    const { records, accountId, clock, eventSources } = context
    const { description, triggerConfig } = body
    if (description !== undefined) checkDescription(description)
    return changeFunction(context, functionName, async (root) => {
      const before = (await records.get<TriggerRecord>(triggerKey(accountId, functionName, triggerName)))
        ?.value
      if (!before) throw triggerNotFound(functionName, triggerName)
      checkIfMatch(headers['if-match'], before)
      const qualifier = body.qualifier || before.qualifier
      if (qualifier !== before.qualifier) await stateAt(records, accountId, root, qualifier)
      const nowMs = clock.now()
      const trigger: TriggerRecord = {
        ...before,
        qualifier,
        triggerConfig:
          triggerConfig === undefined
            ? before.triggerConfig
            : triggerConfigText(before.triggerType, triggerConfig),
        description: description ?? before.description,
        ...(body.invocationRole === undefined ? {} : { invocationRole: body.invocationRole }),
        lastModifiedTime: timeText(nowMs),
      }
      return {
        writes: await triggerWrites(
          { records, accountId, functionName, eventSources },
          trigger,
          before,
          nowMs,
        ),
        result: jsonReply(200, triggerDocument(trigger, functionName, context), { etag: etagOf(trigger) }),
      }
    })
  },
})

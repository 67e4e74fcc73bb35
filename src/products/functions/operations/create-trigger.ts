import { z } from 'zod'
import { changeFunction } from '../change-function.ts'
import { invalidArgument, triggerAlreadyExists } from '../errors.ts'
import { etagOf } from '../etag.ts'
import { withoutNulls } from '../function-spec.ts'
import { triggerKey, triggersPrefix } from '../keys.ts'
import { checkDescription, checkTriggerName, LATEST } from '../names.ts'
import { stateAt } from '../qualifiers.ts'
import {
  checkTriggerType,
  TRIGGERS_MAX,
  type TriggerRecord,
  triggerConfigText,
  triggerDocument,
  triggerWrites,
} from '../triggers.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const createTriggerInput = z.preprocess(
  withoutNulls,
  z.object({
    triggerName: z.string().optional(),
    triggerType: z.string().optional(),
    triggerConfig: z.string().default(''),
    qualifier: z.string().optional(),
    description: z.string().default(''),
    invocationRole: z.string().optional(),
    sourceArn: z.string().optional(),
  }),
)

export const createTrigger = operation({
  name: 'CreateTrigger',
  route: 'POST /2023-03-30/functions/{functionName}/triggers',
  body: json(createTriggerInput),

  handle({ path: { functionName }, body }, context) {
    const { records, accountId, clock, ids, eventSources } = context
    const { triggerName, triggerType, description, invocationRole, sourceArn } = body
    if (!triggerName) throw invalidArgument('TriggerName is required but not provided')
    if (!triggerType) throw invalidArgument('TriggerType is required but not provided')
    checkTriggerName(triggerName)
    checkTriggerType(triggerType)
    checkDescription(description)
    const text = triggerConfigText(triggerType, body.triggerConfig)
    const qualifier = body.qualifier || LATEST
    const triggerId = ids.uuid()
    return changeFunction(context, functionName, async (root) => {
      await stateAt(records, accountId, root, qualifier)
      if (await records.get(triggerKey(accountId, functionName, triggerName))) {
        throw triggerAlreadyExists(functionName, triggerName)
      }
      const prefix = triggersPrefix(accountId, functionName)
      if ((await records.list({ prefix, limit: TRIGGERS_MAX })).length === TRIGGERS_MAX) {
        throw invalidArgument(`a function must not have more than ${TRIGGERS_MAX} triggers`)
      }
      const nowMs = clock.now()
      const now = timeText(nowMs)
      const trigger: TriggerRecord = {
        triggerName,
        triggerId,
        triggerType,
        triggerConfig: text,
        qualifier,
        description,
        ...(invocationRole ? { invocationRole } : {}),
        ...(sourceArn ? { sourceArn } : {}),
        createdTime: now,
        lastModifiedTime: now,
      }
      return {
        writes: await triggerWrites(
          { records, accountId, functionName, eventSources },
          trigger,
          undefined,
          nowMs,
        ),
        result: jsonReply(200, triggerDocument(trigger, functionName, context), { etag: etagOf(trigger) }),
      }
    })
  },
})

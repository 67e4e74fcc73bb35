import { z } from 'zod'
import { changeFunction } from '../change-function.ts'
import { type ConcurrencyRecord, concurrencyDocument } from '../concurrency.ts'
import { concurrencyKey } from '../keys.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

const putConcurrencyInput = z.object({ reservedConcurrency: z.int().min(0).max(1_000_000) })

export const putConcurrencyConfig = operation({
  name: 'PutConcurrencyConfig',
  route: 'PUT /2023-03-30/functions/{functionName}/concurrency',
  body: json(putConcurrencyInput),

  handle({ path: { functionName }, body: { reservedConcurrency } }, context) {
    const config: ConcurrencyRecord = { functionName, reservedConcurrency }
    return changeFunction(context, functionName, () => ({
      writes: [{ put: concurrencyKey(context.accountId, functionName), value: config }],
      result: jsonReply(200, concurrencyDocument(config, context)),
    }))
  },
})

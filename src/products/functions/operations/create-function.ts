import { VersionConflict } from '../../../ports/records.ts'
import { bodyWithCodeBytesMax, namesCode, storeCode } from '../code.ts'
import { functionAlreadyExists, invalidArgument } from '../errors.ts'
import { etagOf } from '../etag.ts'
import { type FunctionRecord, functionDocument, functionTagged } from '../function.ts'
import { configFrom } from '../function-config.ts'
import { functionSpec } from '../function-spec.ts'
import { foldedNameKey, functionKey } from '../keys.ts'
import { resolveLayers } from '../layers.ts'
import { checkFunctionName } from '../names.ts'
import { checkPassedRole } from '../roles.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

export const createFunction = operation({
  name: 'CreateFunction',
  route: 'POST /2023-03-30/functions',
  body: json(functionSpec, { bytesMax: bodyWithCodeBytesMax }),

  async handle({ body: spec }, context) {
    const { accountId, records, clock, ids, directory, runnableRuntimes } = context
    const { functionName } = spec
    if (!functionName) throw invalidArgument('FunctionName is required but not provided')
    checkFunctionName(functionName)
    const config = configFrom(spec, await resolveLayers(spec.layers, context), runnableRuntimes)
    if (!namesCode(spec.code)) throw invalidArgument('code is required but not provided')
    checkPassedRole(config.role, undefined, context)
    const key = functionKey(accountId, functionName)
    // Asked first as well, so that nobody uploads a package for a name that is taken.
    if (await records.get(key)) throw functionAlreadyExists(functionName)
    const code = await storeCode(spec.code, context)
    const now = timeText(clock.now())
    const created: FunctionRecord = {
      functionName,
      functionId: ids.uuid(),
      revisionId: ids.uuid(),
      createdTime: now,
      lastModifiedTime: now,
      config,
      code,
      nextVersion: 1,
    }
    await records
      .commit([
        { put: key, value: created, expect: 'absent' },
        { put: foldedNameKey(accountId, functionName), value: {} },
      ])
      .catch((error: unknown) => {
        throw error instanceof VersionConflict ? functionAlreadyExists(functionName) : error
      })
      .finally(() => directory.forget(accountId, functionName))
    const document = functionDocument(created, context)
    return jsonReply(200, document, { etag: etagOf(functionTagged(created, context)) })
  },
})

import { changeFunction, requireFunction } from '../change-function.ts'
import { bodyWithCodeBytesMax, namesCode, storeCode } from '../code.ts'
import { invalidArgument } from '../errors.ts'
import { checkIfMatch, etagOf } from '../etag.ts'
import { type FunctionRecord, functionDocument, functionTagged } from '../function.ts'
import { configFrom } from '../function-config.ts'
import { functionSpec } from '../function-spec.ts'
import { resolveLayers } from '../layers.ts'
import { checkPassedRole } from '../roles.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

/** What the body does not name stays as it is. */
export const updateFunction = operation({
  name: 'UpdateFunction',
  route: 'PUT /2023-03-30/functions/{functionName}',
  body: json(functionSpec, { bytesMax: bodyWithCodeBytesMax }),

  async handle({ path: { functionName }, headers, body: spec }, context) {
    const { clock, ids, runnableRuntimes } = context
    if (spec.functionName !== undefined && spec.functionName !== functionName) {
      throw invalidArgument('FunctionName in the body differs from the one in the path')
    }
    const before = await requireFunction(context, functionName)
    const ifMatch = headers['if-match']
    checkIfMatch(ifMatch, functionTagged(before, context, before.restriction))
    const layers = await resolveLayers(spec.layers, context)
    // Refused before a package is fetched or decoded.
    const { role } = configFrom(spec, layers, runnableRuntimes, before.config)
    checkPassedRole(role, before.config.role, context)
    const code = namesCode(spec.code) ? await storeCode(spec.code, context) : undefined

    return changeFunction(context, functionName, (root) => {
      checkIfMatch(ifMatch, functionTagged(root, context, root.restriction))
      const config = configFrom(spec, layers, runnableRuntimes, root.config)
      checkPassedRole(config.role, root.config.role, context)
      const updated: FunctionRecord = {
        ...root,
        config,
        code: code ?? root.code,
        revisionId: ids.uuid(),
        lastModifiedTime: timeText(clock.now()),
      }
      const document = functionDocument(updated, context, updated.restriction)
      const etag = etagOf(functionTagged(updated, context, updated.restriction))
      return { root: updated, writes: [], result: jsonReply(200, document, { etag }) }
    })
  },
})

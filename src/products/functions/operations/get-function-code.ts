import { requireFunction } from '../change-function.ts'
import { codeUrl } from '../code-urls.ts'
import { qualifierOf, stateAt } from '../qualifiers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getFunctionCode = operation({
  name: 'GetFunctionCode',
  route: 'GET /2023-03-30/functions/{functionName}/code',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { records, accountId, baseUrl, codeUrlSecret, clock } = context
    const root = await requireFunction(context, functionName)
    const { code } = await stateAt(records, accountId, root, qualifierOf(query))
    const url = codeUrl(code, { baseUrl, secret: codeUrlSecret, nowMs: clock.now() })
    return jsonReply(200, { url, checksum: code.crc64 })
  },
})

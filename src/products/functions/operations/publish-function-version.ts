import { z } from 'zod'
import { changeFunction } from '../change-function.ts'
import { versionPublishError } from '../errors.ts'
import { withoutNulls } from '../function-spec.ts'
import { versionKey } from '../keys.ts'
import { checkDescription } from '../names.ts'
import { type VersionRecord, versionDocument } from '../versions.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const publishVersionInput = z.preprocess(withoutNulls, z.object({ description: z.string().default('') }))

/** Keeps what LATEST is now. Numbers go up and are never given twice, even when versions are deleted. */
export const publishFunctionVersion = operation({
  name: 'PublishFunctionVersion',
  route: 'POST /2023-03-30/functions/{functionName}/versions',
  body: json(publishVersionInput),

  handle({ path: { functionName }, body: { description } }, context) {
    const { accountId, clock } = context
    checkDescription(description)
    return changeFunction(context, functionName, (root) => {
      if (root.lastPublished?.revisionId === root.revisionId) {
        throw versionPublishError(functionName, 'No changes were made since last publish')
      }
      const versionId = String(root.nextVersion)
      const { nextVersion: _, lastPublished: __, restriction: ___, ...state } = root
      const version: VersionRecord = {
        versionId,
        description,
        createdTime: timeText(clock.now()),
        state,
      }
      return {
        root: {
          ...root,
          nextVersion: root.nextVersion + 1,
          lastPublished: { versionId, revisionId: root.revisionId },
        },
        writes: [{ put: versionKey(accountId, functionName, versionId), value: version, expect: 'absent' }],
        result: jsonReply(200, versionDocument(version)),
      }
    })
  },
})

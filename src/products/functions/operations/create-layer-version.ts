import { z } from 'zod'
import { VersionConflict } from '../../../ports/records.ts'
import { bodyWithCodeBytesMax, namesCode, storeCode } from '../code.ts'
import { concurrentUpdate, invalidArgument } from '../errors.ts'
import { withoutNulls } from '../function-spec.ts'
import { layerKey, layerVersionKey } from '../keys.ts'
import { type LayerRecord, type LayerVersionRecord, layerDocument } from '../layers.ts'
import { checkDescription, checkLayerName } from '../names.ts'
import { isVendorRuntime } from '../runtimes.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const createLayerVersionInput = z.preprocess(
  withoutNulls,
  z.object({
    code: z
      .object({
        zipFile: z.string().optional(),
        ossBucketName: z.string().optional(),
        ossObjectName: z.string().optional(),
        checksum: z.string().optional(),
      })
      .optional(),
    compatibleRuntime: z.array(z.string()).default([]),
    description: z.string().default(''),
    license: z.string().max(256).default(''),
  }),
)

const ATTEMPTS_MAX = 20

/** Every call makes the next version; numbers are never given twice. */
export const createLayerVersion = operation({
  name: 'CreateLayerVersion',
  route: 'POST /2023-03-30/layers/{layerName}/versions',
  body: json(createLayerVersionInput, { bytesMax: bodyWithCodeBytesMax }),

  async handle({ path: { layerName }, body }, context) {
    const { records, accountId, clock, runnableRuntimes } = context
    checkLayerName(layerName)
    checkDescription(body.description)
    const compatibleRuntime = [...new Set(body.compatibleRuntime)]
    if (compatibleRuntime.length === 0) {
      throw invalidArgument('CompatibleRuntime is required but not provided')
    }
    // A layer may also be for runtimes that are not run here: that is asked when a function uses it.
    for (const runtime of compatibleRuntime) {
      if (!isVendorRuntime(runtime) && !runnableRuntimes.has(runtime)) {
        throw invalidArgument(`CompatibleRuntime is set to an invalid value (actual: '${runtime}')`)
      }
    }
    if (!namesCode(body.code)) throw invalidArgument('code is required but not provided')
    const code = await storeCode(body.code, context)

    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const root = await records.get<LayerRecord>(layerKey(accountId, layerName))
      const version = root?.value.nextVersion ?? 1
      const layer: LayerVersionRecord = {
        layerName,
        version,
        description: body.description,
        license: body.license,
        compatibleRuntime,
        createTime: timeText(clock.now()),
        code,
      }
      const next: LayerRecord = { layerName, nextVersion: version + 1, latestVersion: version }
      try {
        await records.commit([
          { put: layerKey(accountId, layerName), value: next, expect: root?.version ?? 'absent' },
          { put: layerVersionKey(accountId, layerName, version), value: layer },
        ])
        return jsonReply(200, layerDocument(layer, context))
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error
      }
    }
    throw concurrentUpdate()
  },
})

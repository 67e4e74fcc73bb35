/** What is said and sent of a version of a layer that is to be kept. */
import { z } from 'zod'
import { namesCode, storeCode } from './code.ts'
import { invalidArgument } from './errors.ts'
import { codeLocation, withoutNulls } from './function-spec.ts'
import type { LayerVersionRecord } from './layers.ts'
import { checkDescription, checkLayerName } from './names.ts'
import { isVendorRuntime } from './runtimes.ts'
import { type FunctionsContext, timeText } from './vocabulary.ts'

export const newLayerFields = {
  code: codeLocation.optional(),
  compatibleRuntime: z.array(z.string()).default([]),
  description: z.string().default(''),
  license: z.string().max(256).default(''),
}

export const newLayerInput = z.preprocess(withoutNulls, z.object(newLayerFields))

/** Checks it and keeps its package; the record that names the package is still to be written. Throws `ApiError`. */
export async function newLayer(
  layerName: string,
  body: z.output<typeof newLayerInput>,
  context: FunctionsContext,
): Promise<Omit<LayerVersionRecord, 'version'>> {
  const { clock, runnableRuntimes } = context
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
  return {
    layerName,
    description: body.description,
    license: body.license,
    compatibleRuntime,
    createTime: timeText(clock.now()),
    code: await storeCode(body.code, context),
  }
}

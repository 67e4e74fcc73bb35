import { type RecordStore, VersionConflict, type Write } from '../../ports/records.ts'
import { concurrentUpdate } from './errors.ts'
import { layerKey } from './keys.ts'
import type { LayerRecord } from './layers.ts'

export interface LayerChange<Result> {
  root: LayerRecord
  /** Whatever else changes with it. */
  writes: Write[]
  result: Result
}

const ATTEMPTS_MAX = 20

/**
 * Applies one change to a layer or to its versions, in one commit. `decide` is given what there is of the layer, and asked
 * again when another change of it came first. `accountId`: whose layer it is.
 */
export async function changeLayer<Result>(
  records: RecordStore,
  { accountId, layerName }: { accountId: string; layerName: string },
  decide: (root: LayerRecord | undefined) => Promise<LayerChange<Result>> | LayerChange<Result>,
): Promise<Result> {
  const key = layerKey(accountId, layerName)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const stored = await records.get<LayerRecord>(key)
    const { root, writes, result } = await decide(stored?.value)
    try {
      await records.commit([{ put: key, value: root, expect: stored?.version ?? 'absent' }, ...writes])
      return result
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
    }
  }
  throw concurrentUpdate()
}

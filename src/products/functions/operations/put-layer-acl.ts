import { VersionConflict } from '../../../ports/records.ts'
import { concurrentUpdate, invalidArgument, layerNotFound } from '../errors.ts'
import { layerKey } from '../keys.ts'
import type { LayerRecord } from '../layers.ts'
import { none, operation } from '../vocabulary.ts'

const ATTEMPTS_MAX = 20

/** Of all versions of a layer, those to come as well. Whoever says nothing asks for a private one ("the default value is 0"). */
export const putLayerACL = operation({
  name: 'PutLayerACL',
  route: 'PUT /2023-03-30/layers/{layerName}/acl',
  body: none,

  async handle({ path: { layerName }, query }, { records, accountId }) {
    const isPublic = isPublicOf(query)
    const key = layerKey(accountId, layerName)
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const stored = await records.get<LayerRecord>(key)
      if (stored?.value.latestVersion === undefined) throw layerNotFound(layerName)
      const { isPublic: _, ...layer } = stored.value
      const next: LayerRecord = isPublic ? { ...layer, isPublic } : layer
      try {
        await records.commit([{ put: key, value: next, expect: stored.version }])
        return { status: 204 }
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error
      }
    }
    throw concurrentUpdate()
  },
})

/** `acl`, and `public`, which is its older name. Two that contradict each other make nothing public. */
function isPublicOf(query: URLSearchParams): boolean {
  const acl = choiceOf('acl', query, ['0', '1'])
  const older = choiceOf('public', query, ['false', 'true'])
  if (acl !== undefined && older !== undefined && acl !== older)
    throw invalidArgument('acl and public contradict each other')
  return acl ?? older ?? false
}

function choiceOf(
  name: string,
  query: URLSearchParams,
  [no, yes]: readonly [string, string],
): boolean | undefined {
  const given = query.get(name)?.toLowerCase()
  if (!given) return undefined
  if (given !== no && given !== yes)
    throw invalidArgument(
      `${name} is set to an invalid value (allowed: ${no}, ${yes}; actual: '${given.slice(0, 100)}')`,
    )
  return given === yes
}

import { changeLayer } from '../change-layer.ts'
import { invalidArgument, layerNotFound } from '../errors.ts'
import { none, operation } from '../vocabulary.ts'

/** Of all versions of a layer, those to come as well. Whoever says nothing asks for a private one ("the default value is 0"). */
export const putLayerACL = operation({
  name: 'PutLayerACL',
  route: 'PUT /2023-03-30/layers/{layerName}/acl',
  body: none,

  handle({ path: { layerName }, query }, { records, accountId }) {
    const isPublic = isPublicOf(query)
    return changeLayer(records, { accountId, layerName }, (before) => {
      if (before?.latestVersion === undefined) throw layerNotFound(layerName)
      const { isPublic: _, ...layer } = before
      return { root: isPublic ? { ...layer, isPublic } : layer, writes: [], result: { status: 204 } }
    })
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

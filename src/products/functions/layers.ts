import type { CodeReference } from '../../ports/invocation.ts'
import type { RecordStore } from '../../ports/records.ts'
import { codeUrl } from './code-urls.ts'
import { invalidArgument, layerVersionNotFound } from './errors.ts'
import type { StoredLayer } from './function-config.ts'
import { layerKey, layerVersionKey } from './keys.ts'
import { isVersionId, layerVersionArn, parseLayerVersionArn } from './names.ts'
import type { FunctionsContext } from './vocabulary.ts'

/** Whose layers the vendor's own are. Here the operator provides what is to be had of them. */
export const OFFICIAL = 'official'

/** The root of a layer's versions. It outlives them, so that a number is never given twice. */
export interface LayerRecord {
  layerName: string
  nextVersion: number
  /** The highest that is left; undefined when all were deleted. */
  latestVersion?: number
  /** Said by PutLayerACL; gone with the last version. */
  isPublic?: true
}

export interface LayerVersionRecord {
  layerName: string
  version: number
  description: string
  license: string
  compatibleRuntime: string[]
  createTime: string
  code: CodeReference
}

/** The `Layer` of the API. `accountId`: whose it is. */
export function layerDocument(
  { code, ...layer }: LayerVersionRecord,
  root: LayerRecord | undefined,
  {
    region,
    accountId,
    baseUrl,
    codeUrlSecret: secret,
    clock,
  }: Pick<FunctionsContext, 'region' | 'accountId' | 'baseUrl' | 'codeUrlSecret' | 'clock'>,
): Record<string, unknown> {
  return {
    ...layer,
    layerVersionArn: layerVersionArn(region, accountId, layer.layerName, layer.version),
    // [U] of the vendor's layers; everybody may use them.
    acl: accountId === OFFICIAL || root?.isPublic ? '1' : '0',
    code: { location: codeUrl(code, { baseUrl, secret, nowMs: clock.now() }), repositoryType: 'OSS' },
    codeSize: code.sizeBytes,
    codeChecksum: code.crc64,
  }
}

export const readLayer = async (
  records: RecordStore,
  accountId: string,
  layerName: string,
): Promise<LayerRecord | undefined> => (await records.get<LayerRecord>(layerKey(accountId, layerName)))?.value

export async function requireLayerVersion(
  records: RecordStore,
  accountId: string,
  layerName: string,
  version: string | number,
): Promise<LayerVersionRecord> {
  const stored = isVersionId(String(version))
    ? await records.get<LayerVersionRecord>(layerVersionKey(accountId, layerName, Number(version)))
    : undefined
  if (!stored) {
    const name = accountId === OFFICIAL ? `${OFFICIAL}:layers/${layerName}` : layerName
    throw layerVersionNotFound(name, String(version))
  }
  return stored.value
}

/** Whose layer an ARN names: this account's or the vendor's. Undefined: those of others do not exist here. */
export function layerOwnerOf(
  named: { region: string; accountId: string },
  { region, accountId }: Pick<FunctionsContext, 'region' | 'accountId'>,
): string | undefined {
  if (named.region !== region) return undefined
  return named.accountId === accountId || named.accountId === OFFICIAL ? named.accountId : undefined
}

/** Looks up the layers that a function names. */
export async function resolveLayers(
  arns: readonly string[] | undefined,
  context: Pick<FunctionsContext, 'records' | 'region' | 'accountId'>,
): Promise<StoredLayer[] | undefined> {
  if (arns === undefined) return undefined
  if (arns.length > 5) throw invalidArgument('Layers must not be more than 5')
  const layers: StoredLayer[] = []
  for (const arn of arns) {
    const named = parseLayerVersionArn(arn)
    if (!named) throw invalidArgument(`Layers: '${arn}' is not the ARN of a layer version`)
    const owner = layerOwnerOf({ ...named, region: named.region || context.region }, context)
    if (owner === undefined) throw layerVersionNotFound(arn, String(named.version))
    const { code, compatibleRuntime } = await requireLayerVersion(
      context.records,
      owner,
      named.layerName,
      named.version,
    )
    layers.push({ arn, code, compatibleRuntime })
  }
  return layers
}

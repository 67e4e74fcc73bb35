import type { RecordStore } from '../../ports/records.ts'
import { additionalVersionContainsMajorVersion, invalidArgument, versionNotFound } from './errors.ts'
import { aliasesPrefix, versionKey } from './keys.ts'
import { isVersionId } from './names.ts'

/** The `Alias` of the API, and its record. */
export interface AliasRecord {
  aliasName: string
  versionId: string
  description: string
  /** At most one other version and the share of invocations that go to it. */
  additionalVersionWeight: Record<string, number>
  createdTime: string
  lastModifiedTime: string
}

/** An alias names published versions only; the shares of an alias add up to at most 1. Throws `ApiError`. */
export const checkAliasTargets = (
  records: RecordStore,
  accountId: string,
  functionName: string,
  targets: AliasTargets,
): Promise<void> =>
  checkTargets(targets, async (version) => {
    const stored = isVersionId(version)
      ? await records.get(versionKey(accountId, functionName, version))
      : undefined
    if (!stored) throw versionNotFound(functionName, version)
  })

export type AliasTargets = Pick<AliasRecord, 'versionId' | 'additionalVersionWeight'>

/** The same for any owner of versions; `requireVersion` throws what there is to say of one that does not exist. */
export async function checkTargets(
  { versionId, additionalVersionWeight }: AliasTargets,
  requireVersion: (versionId: string) => Promise<void>,
): Promise<void> {
  const additional = Object.entries(additionalVersionWeight)
  if (additional.length > 1) {
    throw invalidArgument('additionalVersionWeight must not have more than one version')
  }
  for (const [version, weight] of additional) {
    if (!(weight >= 0 && weight <= 1)) {
      throw invalidArgument(`additionalVersionWeight must be from 0 to 1 (actual: '${weight}')`)
    }
    if (version === versionId) {
      throw additionalVersionContainsMajorVersion(additionalVersionWeight, versionId)
    }
  }
  for (const version of [versionId, ...additional.map(([additionalVersion]) => additionalVersion)]) {
    await requireVersion(version)
  }
}

/** The first alias that sends invocations to this version. */
export async function aliasThatUses(
  records: RecordStore,
  accountId: string,
  functionName: string,
  versionId: string,
): Promise<AliasRecord | undefined> {
  const prefix = aliasesPrefix(accountId, functionName)
  let after: string | undefined
  for (;;) {
    const batch = await records.list<AliasRecord>({ prefix, after, limit: 100 })
    for (const { key, value } of batch) {
      if (value.versionId === versionId || versionId in value.additionalVersionWeight) return value
      after = key
    }
    if (batch.length < 100) return undefined
  }
}

import { noSuchKey } from '../errors.ts'
import { changeVersion } from '../history.ts'
import { bytes, operation } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'
import { restored, type Tier, tierOf } from '../restore.ts'
import { childOf, document, textOf } from '../xml.ts'

export const restoreObject = operation({
  name: 'RestoreObject',
  route: 'POST /{bucket}/{object+}?restore',
  body: bytes(64 * 1024),
  parameters: ['versionId'],

  async handle({ path, query, body }, context) {
    const { records, bucket, clock } = context
    const wanted = wantedOf(body)
    const versionId = query.get('versionId')
    await requireVersion(records, bucket.value, path.object, versionId)
    let status: 200 | 202 = 202
    const { written } = await changeVersion(
      context,
      path,
      versionId ?? undefined,
      (version) => {
        const answer = restored(version, wanted, clock.now())
        status = answer.status
        return { ...version, restore: answer.restore }
      },
      () => noSuchKey(path.object),
    )
    return { status, headers: versionHeader(written, bucket.value) }
  },
})

function wantedOf(body: Buffer): { days: number; tier: Tier } {
  if (body.length === 0) return { days: 1, tier: 'Standard' }
  const root = document(body, 'RestoreRequest')
  const parameters = childOf(root, 'JobParameters')
  return {
    days: Number(textOf(root, 'Days') ?? 1),
    tier: tierOf((parameters && textOf(parameters, 'Tier')) ?? 'Standard'),
  }
}

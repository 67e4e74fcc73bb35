import { announcing } from '../announcing.ts'
import { discardContent } from '../content.ts'
import { fileAlreadyExists, invalidArgument } from '../errors.ts'
import { addVersion } from '../history.ts'
import { isObjectName, requireObjectName } from '../object.ts'
import { none, operation } from '../product.ts'
import { versionHeader } from '../reading.ts'
import { keptHeaders, refuseWhatIsNotOffered, traitsOf } from '../writing.ts'

/** A link is made whether or not its target is there, and whatever that is: who follows it finds out. */
export const putSymlink = operation({
  name: 'PutSymlink',
  route: 'PUT /{bucket}/{object+}?symlink',
  action: 'oss:PutObject',
  body: none,
  grant: 'write',

  async handle({ path, headers }, context) {
    requireObjectName(path.object)
    refuseWhatIsNotOffered(headers)
    const symlinkTarget = targetOf(headers['x-oss-symlink-target'] ?? '')
    const kept = keptHeaders(headers, path.object)
    const traits = await traitsOf(headers, context)
    const forbidOverwrite = headers['x-oss-forbid-overwrite'] === 'true'
    const store = announcing(context, 'ObjectCreated:PutSymlink')
    const { written, removed } = await addVersion(store, path, (current) => {
      if (current && forbidOverwrite) throw fileAlreadyExists()
      const lastModifiedMs = context.clock.now()
      return {
        type: 'Symlink',
        symlinkTarget,
        sizeBytes: 0,
        etag: EMPTY,
        lastModifiedMs,
        headers: kept,
        ...traits,
      }
    })
    await discardContent(context, removed)
    return { status: 200, headers: versionHeader(written, context.bucket.value) }
  },
})

/** The MD5 of nothing: a link has no bytes of its own. */
const EMPTY = 'D41D8CD98F00B204E9800998ECF8427E'

function targetOf(text: string): string {
  let target: string
  try {
    target = decodeURIComponent(text)
  } catch {
    throw invalidArgument('x-oss-symlink-target', text)
  }
  if (!isObjectName(target)) throw invalidArgument('x-oss-symlink-target', text)
  return target
}

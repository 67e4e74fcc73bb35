import { platformKeepsNothing, snapshotUnderWay } from '../errors.ts'
import { none, operation } from '../vocabulary.ts'

/** Ours. The answer is an archive (tar); one that breaks off is no snapshot. */
export const takeSnapshot = operation({
  name: 'TakeSnapshot',
  route: 'POST /hanshu/snapshot',
  body: none,

  async handle(_, { upkeep }) {
    if (!upkeep) throw platformKeepsNothing()
    const body = await upkeep.snapshot()
    if (!body) throw snapshotUnderWay()
    return { status: 200, headers: { 'content-type': 'application/x-tar' }, body }
  },
})

import { platformKeepsNothing } from '../errors.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Ours. */
export const scrubObjects = operation({
  name: 'ScrubObjects',
  route: 'POST /hanshu/scrub',
  body: none,

  async handle(_, { upkeep }) {
    if (!upkeep) throw platformKeepsNothing()
    return jsonReply(200, upkeep.scrub())
  },
})

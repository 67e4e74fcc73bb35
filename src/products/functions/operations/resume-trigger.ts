import { setPaused } from '../trigger-state.ts'
import { none, operation } from '../vocabulary.ts'

/** Ours. */
export const resumeTrigger = operation({
  name: 'ResumeTrigger',
  route: 'DELETE /hanshu/functions/{functionName}/triggers/{triggerName}/paused',
  body: none,

  async handle({ path }, context) {
    await setPaused(path, undefined, context)
    return { status: 204 }
  },
})

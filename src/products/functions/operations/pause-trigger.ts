import { setPaused } from '../trigger-state.ts'
import { none, operation } from '../vocabulary.ts'

/** Ours: its events are kept, and handed on when it is resumed. */
export const pauseTrigger = operation({
  name: 'PauseTrigger',
  route: 'PUT /hanshu/functions/{functionName}/triggers/{triggerName}/paused',
  body: none,

  async handle({ path }, context) {
    await setPaused(path, context.clock.now(), context)
    return { status: 204 }
  },
})

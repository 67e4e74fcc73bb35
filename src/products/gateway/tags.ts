import { notImplemented } from './errors.ts'
import type { Parameters } from './parameters.ts'

/** Tags would be taken and never shown again. */
export function checkTags(parameters: Parameters): void {
  if (parameters.objects('Tag', 20).length > 0) throw notImplemented('the parameter Tag')
}

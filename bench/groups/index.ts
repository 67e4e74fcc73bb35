import type { Group } from '../lib/row.ts'
import { cold } from './cold.ts'
import { warm } from './warm.ts'

/** In the order of the table. */
export const groups: readonly Group[] = [cold, warm]

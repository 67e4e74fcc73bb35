import type { Operation } from '../vocabulary.ts'
import { lookupEvents } from './lookup-events.ts'
import { notBuilt } from './not-built.ts'

/** The operations of ActionTrail, API 2020-07-06. */
export const operations: readonly Operation[] = [lookupEvents, ...notBuilt]

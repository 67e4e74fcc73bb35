import type { Operation } from '../vocabulary.ts'
import { assumeRole } from './assume-role.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { notBuilt } from './not-built.ts'

/** The four operations of STS, API 2015-04-01. */
export const operations: readonly Operation[] = [assumeRole, getCallerIdentity, ...notBuilt]

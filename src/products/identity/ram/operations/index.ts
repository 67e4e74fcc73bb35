import type { RamOperation } from '../vocabulary.ts'
import { accessKeyOperations } from './access-keys.ts'
import { attachmentOperations } from './attachments.ts'
import { groupOperations } from './groups.ts'
import { notBuilt } from './not-built.ts'
import { policyOperations } from './policies.ts'
import { roleOperations } from './roles.ts'
import { userOperations } from './users.ts'

/** Every operation of RAM, API 2015-05-01. */
export const ramOperations: readonly RamOperation[] = [
  ...userOperations,
  ...accessKeyOperations,
  ...groupOperations,
  ...roleOperations,
  ...policyOperations,
  ...attachmentOperations,
  ...notBuilt,
]

import type { BucketAcl } from './bucket.ts'
import { invalidArgument } from './errors.ts'

export function bucketAclOf(text: string | undefined): BucketAcl | undefined {
  if (text === undefined) return undefined
  if (text === 'private' || text === 'public-read' || text === 'public-read-write') return text
  throw invalidArgument('x-oss-acl', text)
}

import { requireObject } from '../object.ts'
import { none, operation } from '../product.ts'
import { checkConditions, describe, overrides } from '../reading.ts'

export const headObject = operation({
  name: 'HeadObject',
  route: 'HEAD /{bucket}/{object+}',
  body: none,

  async handle({ path: { bucket, object }, query, headers }, { records }) {
    const found = await requireObject(records, bucket, object)
    checkConditions(headers, found)
    return { status: 200, headers: { ...describe(found), ...overrides(query) } }
  },
})

import { changeStyle, requireStyleName } from '../images/styles.ts'
import { none, operation } from '../product.ts'

export const deleteStyle = operation({
  name: 'DeleteStyle',
  route: 'DELETE /{bucket}?style&styleName',
  body: none,

  async handle({ query }, { records, bucket, clock }) {
    const name = query.get('styleName') ?? ''
    requireStyleName(name)
    await changeStyle(records, bucket, name, { content: undefined, nowMs: clock.now() })
    return { status: 204 }
  },
})

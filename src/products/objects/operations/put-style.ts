import { actionsOfStyle, changeStyle, requireStyleName } from '../images/styles.ts'
import { bytes, operation } from '../product.ts'
import { document, textOf } from '../xml.ts'

export const putStyle = operation({
  name: 'PutStyle',
  route: 'PUT /{bucket}?style&styleName',
  body: bytes(64 * 1024),
  parameters: ['category'],

  async handle({ query, body }, { records, bucket, clock }) {
    const name = query.get('styleName') ?? ''
    requireStyleName(name)
    const content = textOf(document(body, 'Style'), 'Content') ?? ''
    actionsOfStyle(content)
    await changeStyle(records, bucket, name, { content, nowMs: clock.now() })
    return { status: 200 }
  },
})

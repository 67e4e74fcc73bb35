import { requireStyle, styleXml } from '../images/styles.ts'
import { none, operation, xmlReply } from '../product.ts'

export const getStyle = operation({
  name: 'GetStyle',
  route: 'GET /{bucket}?style&styleName',
  body: none,

  async handle({ path: { bucket }, query }, { records }) {
    const name = query.get('styleName') ?? ''
    return xmlReply(200, 'Style', styleXml(name, await requireStyle(records, bucket, name)))
  },
})

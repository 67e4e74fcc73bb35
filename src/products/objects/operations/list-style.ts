import { stylesOf, styleXml } from '../images/styles.ts'
import { none, operation, xmlReply } from '../product.ts'

export const listStyle = operation({
  name: 'ListStyle',
  route: 'GET /{bucket}?style',
  body: none,

  async handle({ path: { bucket } }, { records }) {
    const styles = Object.entries(await stylesOf(records, bucket))
    return xmlReply(200, 'StyleList', { Style: styles.map(([name, style]) => styleXml(name, style)) })
  },
})

import { invalidProcess } from '../errors.ts'
import { readProcessText } from '../images/process-text.ts'
import { PROCESS_PARAMETER, serveProcessed } from '../images/processed.ts'
import { saveProcessed } from '../images/saved.ts'
import { bytes, operation } from '../product.ts'

/** What is to be done stands in a form, as it may be too long for a URL. Where it is not to be kept, it is answered. */
export const processObject = operation({
  name: 'ProcessObject',
  route: `POST /{bucket}/{object+}?${PROCESS_PARAMETER}`,
  action: 'oss:GetObject',
  body: bytes(16 * 1024),
  grant: 'read',

  async handle({ path: { object }, headers, body }, context) {
    const text = new URLSearchParams(body.toString()).get(PROCESS_PARAMETER)
    if (text === null) throw invalidProcess('the body has none')
    const { wanted, saveAs } = readProcessText(text)
    if (saveAs) return saveProcessed(context, object, { wanted, saveAs })
    const query = new URLSearchParams({ [PROCESS_PARAMETER]: text })
    return serveProcessed(context, object, { headers, query })
  },
})

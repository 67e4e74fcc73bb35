import { codeOfToken } from '../code-urls.ts'
import { none, operation } from '../vocabulary.ts'

/** Ours: what the links of GetFunctionCode and of layers point to. The link is the permission. */
export const downloadCode = operation({
  name: 'DownloadCode',
  route: 'GET /hanshu/code/{token}',
  body: none,

  async handle({ path: { token } }, { codePackages, codeUrlSecret, clock }) {
    const code = codeOfToken(token, { secret: codeUrlSecret, nowMs: clock.now() })
    return {
      status: 200,
      headers: {
        'content-type': 'application/zip',
        'content-length': String(code.sizeBytes),
        'content-disposition': 'attachment; filename="code.zip"',
        'x-oss-hash-crc64ecma': code.crc64,
      },
      body: await codePackages.open(code),
    }
  },
})

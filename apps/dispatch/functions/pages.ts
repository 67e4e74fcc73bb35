/** The pages: files that are read once, when the instance starts. */
import { fileURLToPath } from 'node:url'
import { pageServer, readPageFiles } from '../pages/serve.ts'
import { serve } from './custom-server.ts'

const uploadOrigin = process.env['DISPATCH_UPLOAD_ORIGIN'] || undefined

const answerTo = pageServer(await readPageFiles(fileURLToPath(new URL('../web', import.meta.url))), {
  uploadOrigins: uploadOrigin === undefined ? [] : [uploadOrigin],
})

serve({
  http({ method = 'GET', url = '/', headers }, response) {
    const answer = answerTo({ method, path: url, ifNoneMatch: headers['if-none-match'] })
    response.writeHead(answer.status, answer.headers).end(answer.body)
  },
})

/** The least that keeps objects durably: a file for each, synced with its folder before it is acknowledged. */
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

const [port, folder] = process.argv.slice(2)
await mkdir(folder, { recursive: true })
let number = 0

createServer(async (request, response) => {
  const file = join(folder, request.url.slice(1).replaceAll(/[^\w-]/g, '_') || 'index')
  try {
    if (request.method === 'PUT') {
      const temporary = join(folder, `.${number++}`)
      const handle = await open(temporary, 'w')
      for await (const chunk of request) await handle.write(chunk)
      await handle.sync()
      await handle.close()
      await rename(temporary, file)
      const directory = await open(folder, 'r')
      await directory.sync()
      await directory.close()
      response.writeHead(200).end()
    } else if (request.url === '/') response.writeHead(200).end('ready')
    else {
      response.writeHead(200, { 'content-length': (await stat(file)).size })
      await pipeline(createReadStream(file), response)
    }
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}).listen(Number(port), '127.0.0.1')

/** The least that a server in Node.js can do: what every platform in Node.js is measured against. */
import { createServer } from 'node:http'

createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 5 })
  response.end('hello')
}).listen(Number(process.argv[2]), process.argv[3] ?? '127.0.0.1')

/** s3rver, as its own documentation starts it. */
import S3rver from 's3rver'

const [port, directory] = process.argv.slice(2)
await new S3rver({
  port: Number(port),
  address: '127.0.0.1',
  silent: true,
  directory,
  configureBuckets: [{ name: 'bench', configs: [] }],
}).run()

import { OSS_URL_SECONDS_MAX, presignOssV4 } from '../../../lib/signing/oss.ts'
import { type Command, text } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { readObjectAddress } from '../../objects/address.ts'
import { connectObjects } from '../../objects/client.ts'
import { productFlags } from '../../product.ts'

const methods = ['GET', 'HEAD', 'PUT', 'DELETE']

export const ossPresign: Command = {
  summary: 'Print a URL that lets whoever has it read an object for a while',
  usage: 'oss presign oss://BUCKET/KEY [--expires TIME] [FLAGS]',
  details: [
    'Signed here, without a word to the platform: whether there is such an object, and whether the key may read it,',
    'shows when the URL is used.',
  ].join('\n'),
  examples: [
    'hanshu oss presign oss://photos/a.jpg',
    'hanshu oss presign oss://photos/a.jpg --expires 7d',
    'curl -T b.jpg "$(hanshu oss presign oss://photos/b.jpg --method PUT --expires 10m)"',
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    expires: { value: 'TIME', help: 'How long it is good: 90s, 10m, 2h, at most 7d; default: 1h.' },
    method: { value: methods.join('|'), help: 'What may be done; default: GET.' },
    'content-type': { value: 'TYPE', help: 'The Content-Type that a PUT sends; default: none may be sent.' },
    ...productFlags('oss'),
  },

  async run(args, terminal) {
    const resource = readObjectAddress(args.positionals[0]!)
    const method = text(args, 'method') ?? 'GET'
    if (!methods.includes(method))
      throw new UsageError(`--method is one of ${methods.join(', ')}, not ${method}.`)
    const expiresSeconds = secondsOf(text(args, 'expires') ?? '1h')
    const { credentials, region, urlOf } = await connectObjects(args, terminal)
    const moment = { nowMs: terminal.clock.now(), region, expiresSeconds }
    const contentType = text(args, 'content-type')
    const rawQuery = presignOssV4(
      {
        method,
        resource: { bucket: resource.bucket, object: resource.key },
        ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
      },
      credentials,
      moment,
    )
    terminal.print(urlOf(resource, rawQuery).href)
    return 0
  },
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

function secondsOf(typed: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(typed)
  const seconds = match ? Number(match[1]) * unitSeconds[match[2]!]! : 0
  if (seconds < 1 || seconds > OSS_URL_SECONDS_MAX)
    throw new UsageError(`--expires is a time such as 90s, 10m, 2h or 7d, and 7 days at most, not ${typed}.`)
  return seconds
}

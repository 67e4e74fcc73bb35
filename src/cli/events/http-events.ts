/** Requests as events: that of an HTTP trigger, and that of API Gateway. */
import { type EventSurroundings, type EventType, eventType, isoSeconds } from './event-type.ts'

const fields = {
  method: { help: 'Method of the request.', standard: 'GET' },
  path: { help: 'Path of the request.', standard: '/example' },
  body: { help: 'Body of the request.', standard: '' },
  query: { help: 'Query of the request: a=1&b=2.', standard: '' },
  headers: {
    help: 'JSON object: headers of the request.',
    standard: '{"Accept":"*/*","User-Agent":"curl/8.5.0"}',
    isJson: true,
  },
} as const

const http = eventType({
  summary: 'a request at an HTTP trigger, as built-in runtimes are given it (v1)',
  fields: { ...fields, function: { help: 'Name of the function, in the domain.', standard: 'hello' } },
  make(given, around) {
    const headers = JSON.parse(given.headers) as Record<string, string>
    const domainName = `${given.function}.fcapp.localhost`
    return {
      version: 'v1',
      rawPath: encodeURI(given.path),
      headers,
      queryParameters: parameters(given.query),
      body: given.body,
      isBase64Encoded: false,
      requestContext: {
        accountId: around.accountId,
        triggerId: [8, 4, 4, 4, 12].map((digits) => around.hex(digits)).join('-'),
        domainName,
        domainPrefix: given.function,
        requestId: requestId(around),
        time: isoSeconds(around),
        timeEpoch: String(around.nowMs),
        http: {
          method: given.method,
          path: given.path,
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: headers['User-Agent'] ?? '',
        },
      },
    }
  },
})

const apiGateway = eventType({
  summary: 'a request that API Gateway hands on',
  fields: {
    ...fields,
    'path-parameters': { help: 'JSON object: parameters in the path.', standard: '{}', isJson: true },
  },
  make: (given) => ({
    path: given.path,
    httpMethod: given.method,
    headers: JSON.parse(given.headers),
    queryParameters: parameters(given.query),
    pathParameters: JSON.parse(given['path-parameters']),
    body: given.body,
    isBase64Encoded: false,
  }),
})

/** Values of one name are joined by commas. */
function parameters(query: string): Record<string, string> {
  const found = new URLSearchParams(query)
  return Object.fromEntries([...new Set(found.keys())].map((name) => [name, found.getAll(name).join(',')]))
}

const requestId = ({ nowMs, hex }: EventSurroundings): string =>
  `1-${Math.floor(nowMs / 1000).toString(16)}-${hex(8)}-${hex(12)}`

export const httpEvents: Readonly<Record<string, EventType>> = { http, api_gateway: apiGateway }

import type { ApiDefinition } from '../../definition/definition.ts'
import { type Answer, headerIn } from '../answer.ts'

/** What the API was told to answer, for as long as there is no backend. */
export function mockAnswer({ serviceConfig }: ApiDefinition): Answer {
  const headers = serviceConfig.MockHeaders.flatMap(({ HeaderName, HeaderValue }) => [
    HeaderName,
    Buffer.from(HeaderValue.replace(/[\0-\x08\x0a-\x1f\x7f]/g, ' ')).toString('latin1'),
  ])
  if (headerIn(headers, 'content-type') === undefined)
    headers.push('Content-Type', 'application/json; charset=utf-8')
  return { status: serviceConfig.MockStatusCode, headers, body: Buffer.from(serviceConfig.MockResult) }
}

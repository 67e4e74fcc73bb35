/** InvokeFunction through the vendor's SDK: synchronous, with the log's tail, asynchronous. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { appendFile, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createFunction, invoke } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

describe('a synchronous invocation', () => {
  before(() =>
    createFunction(bed.client, {
      functionName: 'echo',
      files: { 'index.js': 'exports.handler = async (event) => { console.log("said", event.length); return event }' },
    }),
  )

  test('gives back the bytes that the function returns, and says how it went', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const answer = await invoke(bed.client, 'echo', bytes)
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.bytes, bytes)
    assert.match(answer.headers['x-fc-request-id']!, /^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
    assert.match(answer.headers['x-fc-instance-id']!, /^c-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
    assert.match(answer.headers['x-fc-invocation-duration']!, /^\d+$/)
    assert.match(answer.headers['x-fc-max-memory-usage']!, /^\d+\.\d\d$/)
    assert.equal(answer.headers['x-fc-invocation-service-version'], 'LATEST')
    assert.equal(answer.headers['x-fc-error-type'], undefined)
    assert.equal(answer.headers['x-fc-log-result'], undefined)
    const { body } = await bed.client.getFunction('echo', request('GetFunction'))
    assert.equal(answer.headers['x-fc-code-checksum'], body.codeChecksum)
    assert.equal((await invoke(bed.client, 'echo')).body, '')
  })

  test('brings the tail of its log when asked to', async () => {
    const { headers } = await invoke(bed.client, 'echo', 'abc', { xFcLogType: 'Tail' })
    const tail = Buffer.from(headers['x-fc-log-result']!, 'base64').toString()
    const id = headers['x-fc-request-id']!
    const lines = tail.split('\n')
    assert.equal(lines[0], `FC Invoke Start RequestId: ${id}`)
    assert.ok(
      lines.some((line) => new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${id} \\[verbose\\] said 3$`).test(line)),
      tail,
    )
    assert.ok(lines.includes(`FC Invoke End RequestId: ${id}`), tail)
    assert.match(
      tail,
      /\n\nDuration: \d+\.\d\d ms, Billed Duration: \d+ ms, Memory Size: 512 MB, Max Memory Used: \d+\.\d\d MB\n?$/,
    )
  })

  test('is refused with the vendor’s codes when it cannot be made', async () => {
    await assertRefused(invoke(bed.client, 'absent'), 404, 'FunctionNotFound')
    await assertRefused(invoke(bed.client, 'echo', '', { qualifier: '4' }), 404, 'VersionNotFound')
    await assertRefused(invoke(bed.client, 'echo', '', { qualifier: 'blue' }), 404, 'AliasNotFound')
    await assertRefused(
      invoke(bed.client, 'echo', '', { xFcInvocationType: 'Eventually' }),
      400,
      'InvalidArgument',
    )
    await assertRefused(invoke(bed.client, 'echo', '', { xFcLogType: 'Head' }), 400, 'InvalidArgument')
  })
})

/** Functions call back here, so that a test sees when they ran and with what. */
interface Call {
  id: string
  event: string
  retryCount: number
}

describe('an asynchronous invocation', () => {
  const calls: Call[] = []
  const server = createServer((incoming, response) => {
    let text = ''
    incoming.on('data', (chunk) => {
      text += chunk
    })
    incoming.on('end', () => {
      calls.push(JSON.parse(text))
      response.end()
    })
  })
  const callsOf = (id: string) => calls.filter((call) => call.id === id)
  const fields = { timeout: 5 }

  /** Says that it was called, by what both kinds of sandbox let through: the log of the platform. */
  const source = `exports.handler = async (event, context) => {
    const said = JSON.parse(event)
    console.log('CALLED ' + JSON.stringify({ id: said.id, retryCount: context.retryCount ?? 0 }))
    if (said.failTimes > (context.retryCount ?? 0)) throw new Error('not yet')
  }`

  before(() => createFunction(bed.client, { functionName: 'later', files: { 'index.js': source }, ...fields }))
  after(() => server.close())

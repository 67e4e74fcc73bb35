/** Metrics, and traces that come in, go to functions, and go out to a collector. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { attributesOf, startCollector } from '../../src/drivers/observability/collector.testing.ts'
import {
  type ReadSample,
  readOpenMetrics,
  sampleOf,
} from '../../src/drivers/observability/open-metrics.testing.ts'
import { createFunction, httpTrigger, invoke, models } from '../clients.fixture.ts'
import { until } from '../platform.fixture.ts'
import { api, http, sharedPlatform } from './conformance.fixture.ts'

const failing = `
exports.initialize = async () => { if (process.env.BAD_START) throw new Error('no start') }
exports.handler = (event, context, callback) => {
  const text = event.toString()
  if (text === 'handled') return callback(new Error('handled'))
  if (text === 'thrown') throw new Error('thrown')
  if (text === 'exit') process.exit(1)
  if (text === 'forever') return
  callback(null, JSON.stringify(context.tracing))
}`
const server = `require('node:http').createServer((request, response) => {
  request.resume()
  request.on('end', () => response.end(JSON.stringify(request.rawHeaders)))
}).listen(Number(process.env.FC_CUSTOM_LISTEN_PORT || 9000), '0.0.0.0')`

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${parentId}-01`
const tracestate = 'congo=t61rcWkgMzE'

type Bed = Parameters<NonNullable<Parameters<typeof sharedPlatform>[1]>>[0]
const urls = { server: '', traced: '' }
async function deploy({ client, platform }: Bed, which: 'server' | 'traced'): Promise<void> {
  await createFunction(client, { functionName: 'plain', files: { 'index.js': failing }, timeout: 1 })
  await createFunction(client, {
    functionName: 'server',
    runtime: 'custom.debian12',
    handler: 'x',
    files: { 'server.js': server },
    customRuntimeConfig: new models.CustomRuntimeConfig({
      command: ['node'],
      args: ['server.js'],
      port: 9000,
    }),
  })
  urls[which] = await httpTrigger(client, platform, 'server')
}

const headersOf = (text: string): Record<string, string[]> => {
  const raw: string[] = JSON.parse(text)
  const headers: Record<string, string[]> = {}
  raw.forEach((name, index) => {
    if (index % 2 > 0) return
    const key = name.toLowerCase()
    headers[key] = [...(headers[key] ?? []), raw[index + 1]!]
  })
  return headers
}

const collector = await startCollector()

describe('without a collector', () => {
  const bed = sharedPlatform({ environment: { HANSHU_METRICS_PORT: '0' } }, (shared) =>
    deploy(shared, 'server'),
  )
  const metrics = async (): Promise<ReadSample[]> => {
    const { metrics: endpoint } = bed.platform.endpoints as unknown as Record<string, string>
    const answer = await http(`${endpoint}/metrics`)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    return readOpenMetrics(answer.text)
  }

  test('each call is counted once, by how it ended', async () => {
    const { client } = bed
    await createFunction(client, {
      functionName: 'unstartable',
      files: { 'index.js': failing },
      environmentVariables: { BAD_START: '1' },
      instanceLifecycleConfig: new models.InstanceLifecycleConfig({
        initializer: new models.LifecycleHook({ handler: 'index.initialize', timeout: 5 }),
      }),
    })
    for (const event of ['ok', 'ok', 'handled', 'thrown', 'forever', 'exit'])
      await invoke(client, 'plain', event)
    await invoke(client, 'unstartable', 'ok')
    const samples = await metrics()
    const of = (name: string, labels: object) =>
      sampleOf(samples, name, { function: 'plain', ...labels } as Record<string, string>)
    const invocations = (outcome: string) => of('hanshu_invocations_total', { outcome })
    assert.deepEqual(
      ['succeeded', 'handledError', 'unhandledError', 'cancelled'].map(invocations),
      [2, 1, 3, 0],
    )
    const errors = (type: string, cause: string) => of('hanshu_function_errors_total', { type, cause })
    assert.equal(errors('HandledInvocationError', 'handler'), 1)
    assert.equal(errors('UnhandledInvocationError', 'handler'), 1)
    assert.equal(errors('UnhandledInvocationError', 'timeout'), 1)
    assert.equal(errors('UnhandledInvocationError', 'crash'), 1)
    assert.equal(of('hanshu_invocation_duration_seconds_count', {}), 6)
    assert.equal(of('hanshu_invocation_duration_seconds_bucket', { le: '1' }), 5, 'all but the timeout')
    assert.ok(of('hanshu_instance_starts_total', { outcome: 'started' }) >= 2)
    const unstartable = { function: 'unstartable' }
    assert.equal(
      sampleOf(samples, 'hanshu_function_errors_total', {
        ...unstartable,
        type: 'InitializationError',
        cause: 'handler',
      }),
      1,
    )
    assert.equal(sampleOf(samples, 'hanshu_instance_starts_total', { ...unstartable, outcome: 'failed' }), 1)
    for (const phase of ['sandbox', 'bind', 'first_call'])
      assert.ok(sampleOf(samples, 'hanshu_cold_start_phase_duration_seconds_count', { phase }) >= 1, phase)
    assert.equal(sampleOf(samples, 'process_resident_memory_bytes') > 1e6, true)
  })

  test('a throttled call is counted and has no duration', async () => {
    const { client } = bed
    await createFunction(client, { functionName: 'none', files: { 'index.js': failing } })
    await client.putConcurrencyConfig(
      'none',
      new models.PutConcurrencyConfigRequest({
        body: new models.PutConcurrencyInput({ reservedConcurrency: 0 }),
      }),
    )
    await assert.rejects(invoke(client, 'none', 'ok'))
    const samples = await metrics()
    const none = { function: 'none' }
    assert.equal(sampleOf(samples, 'hanshu_invocations_total', { ...none, outcome: 'throttled' }), 1)
    assert.equal(sampleOf(samples, 'hanshu_invocation_duration_seconds_count', none), 0)
  })

  test('instances are there by state, and a function that is removed is not counted any more', async () => {
    const { client } = bed
    await createFunction(client, { functionName: 'brief', files: { 'index.js': failing } })
    await invoke(client, 'brief', 'ok')
    const mine = (samples: ReadSample[], name: string) =>
      samples.filter((sample) => sample.name === name && sample.labels['function'] === 'brief')
    assert.equal(mine(await metrics(), 'hanshu_instances').length, 1)
    await client.deleteFunction('brief')
    await until(async () => mine(await metrics(), 'hanshu_invocations_total').length === 0, {
      what: 'the function to be forgotten',
    })
  })

  test('the listener of metrics has nothing else, and takes nothing', async () => {
    const { metrics: endpoint } = bed.platform.endpoints as unknown as Record<string, string>
    assert.equal((await http(`${endpoint}/`)).status, 404)
    assert.equal((await http(`${endpoint}/metrics`, { method: 'POST', body: 'x' })).status, 405)
  })

  test('the trace of a caller comes to a custom runtime as it was sent', async () => {
    const answer = await http(urls.server, { headers: { traceparent, tracestate } })
    const headers = headersOf(answer.text)
    assert.deepEqual([headers['traceparent'], headers['tracestate']], [[traceparent], [tracestate]])
    assert.deepEqual(headers['x-fc-tracing-opentracing-span-context'], [`${traceId}:${parentId}:0:1`])
    assert.equal(answer.headers['traceparent'], undefined)
  })

  test('and to a built-in one in the words of the vendor; without one there is none', async () => {
    const call = (headers: Record<string, string>) =>
      api(bed.platform, 'POST', '/2023-03-30/functions/plain/invocations', { body: 'ok', headers })
    assert.deepEqual(JSON.parse((await call({ traceparent })).text), {
      openTracingSpanContext: `${traceId}:${parentId}:0:1`,
      openTracingSpanBaggages: {},
      jaegerEndpoint: '',
    })
    assert.equal(JSON.parse((await call({})).text).openTracingSpanContext, '')
    assert.equal(JSON.parse((await call({ traceparent: 'nonsense' })).text).openTracingSpanContext, '')
  })

  test('status tells what was counted, by function', async () => {
    const { text } = await api(bed.platform, 'GET', '/hanshu/status')
    const plain = JSON.parse(text).functions.find(
      ({ functionName }: { functionName: string }) => functionName === 'plain',
    )
    assert.equal(plain.outcomes.handledError, 1)
    assert.equal(plain.errors['unhandledError/timeout'], 1)
    assert.ok(plain.duration.count >= 6)
  })
})

describe('with a collector', () => {
  const bed = sharedPlatform({ environment: { HANSHU_OTLP_ENDPOINT: collector.endpoint } }, (shared) =>
    deploy(shared, 'traced'),
  )
  after(() => collector.close())

  const span = (name: string, traceIdOf: string) =>
    until(() => collector.spans.find((one) => one.name === name && one.traceId === traceIdOf), {
      what: `the span ${name}`,
    })

  test("a call continues the trace of its caller, with the start and the time of the function's below it", async () => {
    const answer = await http(urls.traced, { headers: { traceparent, tracestate } })
    const headers = headersOf(answer.text)
    const call = await span('server', traceId)
    assert.equal(call.parentSpanId, parentId)
    assert.deepEqual(headers['traceparent'], [`00-${traceId}-${call.spanId}-01`])
    assert.deepEqual(headers['tracestate'], [tracestate])
    assert.equal(attributesOf(call)['faas.coldstart'], true)
    const start = await span('start', traceId)
    assert.equal(start.parentSpanId, call.spanId)
    for (const phase of ['sandbox', 'bind', 'listen'])
      assert.equal((await span(`start ${phase}`, traceId)).parentSpanId, start.spanId)
    const execute = await span('execute', traceId)
    assert.equal(execute.parentSpanId, call.spanId)
    assert.ok(BigInt(execute.startTimeUnixNano) >= BigInt(call.startTimeUnixNano))
    assert.ok(BigInt(execute.endTimeUnixNano) <= BigInt(call.endTimeUnixNano))
  })

  test('a caller that does not sample is not told of, and the function is given its trace all the same', async () => {
    const unsampled = '1'.repeat(32)
    const answer = await http(urls.traced, { headers: { traceparent: `00-${unsampled}-${parentId}-00` } })
    assert.match(headersOf(answer.text)['traceparent']![0]!, new RegExp(`^00-${unsampled}-[0-9a-f]{16}-00$`))
    await http(urls.traced, { headers: { traceparent: `00-${'2'.repeat(32)}-${parentId}-01` } })
    await span('server', '2'.repeat(32))
    assert.ok(!collector.spans.some((one) => one.traceId === unsampled))
  })

  test('a call without a trace begins one, and a failure is one in its span', async () => {
    const { text } = await api(bed.platform, 'POST', '/2023-03-30/functions/plain/invocations', {
      body: 'ok',
    })
    const [own] = JSON.parse(text).openTracingSpanContext.split(':')
    assert.equal((await span('plain', own)).parentSpanId ?? '', '')
    await api(bed.platform, 'POST', '/2023-03-30/functions/plain/invocations', {
      body: 'thrown',
      headers: { traceparent: traceparent.replace(traceId, '3'.repeat(32)) },
    })
    const failed = await span('plain', '3'.repeat(32))
    assert.equal(failed.status.code, 2)
    assert.equal(attributesOf(failed)['error.type'], 'unhandledError/handler')
  })

  test('an asynchronous call is in the trace of who asked for it', async () => {
    const asked = await http(urls.traced, {
      headers: { traceparent: traceparent.replace(traceId, '4'.repeat(32)), 'x-fc-invocation-type': 'Async' },
    })
    assert.equal(asked.status, 202)
    assert.equal((await span('server', '4'.repeat(32))).parentSpanId, parentId)
    const { status } = await api(bed.platform, 'POST', '/2023-03-30/functions/plain/invocations', {
      body: 'ok',
      headers: {
        traceparent: traceparent.replace(traceId, '5'.repeat(32)),
        'x-fc-invocation-type': 'Async',
      },
    })
    assert.equal(status, 202)
    assert.equal((await span('plain', '5'.repeat(32))).parentSpanId, parentId)
  })

  test('a collector that fails does no harm, and what is lost is counted; at the end it gets the metrics', async () => {
    collector.status = 400
    const { client, platform } = bed
    for (let index = 0; index < 5; index++)
      assert.equal((await invoke(client, 'plain', 'ok')).statusCode, 200)
    await until(() => platform.log().includes('a collector does not take spans'), { what: 'the warning' })
    collector.status = 200
    assert.equal(await platform.stop(), 0)
    const { metrics } = collector
    const dropped = metrics.get('hanshu_spans_dropped')?.sum
    assert.ok((dropped?.dataPoints[0]?.asDouble ?? 0) >= 1)
    const points = metrics.get('hanshu_invocations')?.sum?.dataPoints ?? []
    const counted = points.find((point) => {
      const attributes = attributesOf(point)
      return attributes['function'] === 'plain' && attributes['outcome'] === 'succeeded'
    })
    assert.ok((counted?.asDouble ?? 0) >= 7)
    assert.ok((metrics.get('hanshu_invocation_duration_seconds')?.histogram?.dataPoints.length ?? 0) >= 2)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { objectEventText } from '../../triggers/objects/event.ts'
import { topicEventText } from '../../triggers/queues/event.ts'
import { timerEvent } from '../../triggers/timer/event.ts'
import { UsageError } from '../errors.ts'
import { scriptedTerminal } from '../testing/scripted-terminal.ts'
import { eventTypes, makeEvent } from './make-event.ts'

const event = (type: string, given: Record<string, string> = {}) =>
  JSON.parse(makeEvent({ type, given }, scriptedTerminal()).toString())

/** Names of fields at every level, without what the values are: `{a: [{b: 1}]}` → `{a: [{b: 0}]}`. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (value === null || typeof value !== 'object') return 0
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
}

test('what is made up has the fields of what the platform’s own triggers send, in their order', () => {
  const happened = {
    name: 'ObjectCreated:PutObject',
    bucket: 'b',
    object: 'k',
    sizeBytes: 1,
    deltaBytes: 1,
    etag: 'E',
    mimeType: 'image/jpeg',
    requestId: 'R',
    sourceIp: '127.0.0.1',
    principalId: '1',
    hops: 0,
  }
  const around = { accountId: '1', region: 'cn-hangzhou', ruleId: 't', nowMs: 0 }
  const sent = JSON.parse(objectEventText(happened, around))
  assert.equal(JSON.stringify(shapeOf(event('oss'))), JSON.stringify(shapeOf(sent)))

  const published = { topicName: 't', messageId: 'm', body: 'hello topic', publishedMs: 0, hops: 0 }
  const topic = (isJson: boolean) => topicEventText(published, { accountId: '1', triggerName: 's', isJson })
  const made = event('mns_topic', { format: 'JSON' })
  assert.equal(JSON.stringify(shapeOf(made)), JSON.stringify(shapeOf(JSON.parse(topic(true)))))
  assert.equal(makeEvent({ type: 'mns_topic', given: {} }, scriptedTerminal()).toString(), topic(false))

  const tick = JSON.parse(timerEvent({ tickMs: 0, triggerName: 't', payload: 'p' }).toString())
  assert.equal(JSON.stringify(shapeOf(event('timer'))), JSON.stringify(shapeOf(tick)))
})

test('events have the fields of the vendor’s samples', () => {
  const envelope = {
    id: 0,
    source: 0,
    specversion: 0,
    type: 0,
    datacontenttype: 0,
    time: 0,
    subject: 0,
    aliyunaccountid: 0,
  }
  const bus = {
    aliyunpublishtime: 0,
    aliyunoriginalaccountid: 0,
    aliyuneventbusname: 0,
    aliyunregionid: 0,
    aliyunpublishaddr: 0,
  }
  const shapes: Record<string, unknown> = {
    timer: { triggerTime: 0, triggerName: 0, payload: 0 },
    oss: {
      events: [
        {
          eventName: 0,
          eventSource: 0,
          eventTime: 0,
          eventVersion: 0,
          oss: {
            bucket: { arn: 0, name: 0, ownerIdentity: 0, virtualBucket: 0 },
            object: { deltaSize: 0, eTag: 0, key: 0, objectMeta: { mimeType: 0 }, size: 0 },
            ossSchemaVersion: 0,
            ruleId: 0,
          },
          region: 0,
          requestParameters: { sourceIPAddress: 0 },
          responseElements: { requestId: 0 },
          userIdentity: { principalId: 0 },
        },
      ],
    },
    log: {
      parameter: {},
      source: { endpoint: 0, projectName: 0, logstoreName: 0, shardId: 0, beginCursor: 0, endCursor: 0 },
      jobName: 0,
      taskId: 0,
      cursorTime: 0,
    },
    mns_queue: { data: { requestId: 0, messageId: 0, messageBody: 0 }, ...envelope, ...bus },
    kafka: [
      {
        data: {
          topic: 0,
          partition: 0,
          offset: 0,
          timestamp: 0,
          headers: { headers: [], isReadOnly: 0 },
          value: 0,
        },
        ...envelope,
      },
    ],
    rabbitmq: [
      {
        data: {
          envelope: { deliveryTag: 0, redeliver: 0, exchange: 0, routingKey: 0 },
          props: { messageId: 0 },
          body: 0,
        },
        ...envelope,
      },
    ],
    rocketmq: [
      {
        data: {
          topic: 0,
          systemProperties: {
            MIN_OFFSET: 0,
            TRACE_ON: 0,
            MAX_OFFSET: 0,
            MSG_REGION: 0,
            KEYS: 0,
            CONSUME_START_TIME: 0,
            TAGS: 0,
            INSTANCE_ID: 0,
          },
          userProperties: {},
          body: 0,
        },
        ...envelope,
        ...bus,
      },
    ],
    datahub: {
      eventSource: 0,
      eventName: 0,
      eventSourceARN: 0,
      region: 0,
      records: [{ eventId: 0, systemTime: 0, data: 0 }],
    },
    cdn_events: {
      events: [
        {
          eventName: 0,
          eventVersion: 0,
          eventSource: 0,
          region: 0,
          eventTime: 0,
          traceId: 0,
          resource: { domain: 0 },
          eventParameter: { domain: 0, endTime: 0, fileSize: 0, filePath: 0, startTime: 0 },
          userIdentity: { aliUid: 0 },
        },
      ],
    },
    iot: {
      productKey: 0,
      deviceName: 0,
      gmtCreate: 0,
      items: { Power: { value: 0, time: 0 }, Position: { value: { latitude: 0, longitude: 0 }, time: 0 } },
    },
    api_gateway: {
      path: 0,
      httpMethod: 0,
      headers: { Accept: 0, 'User-Agent': 0 },
      queryParameters: {},
      pathParameters: {},
      body: 0,
      isBase64Encoded: 0,
    },
  }
  for (const [type, shape] of Object.entries(shapes)) assert.deepEqual(shapeOf(event(type)), shape, type)
})

test('what is chosen is in the event, times are now, and ids are new', () => {
  const [record] = event('oss', { bucket: 'photos', key: 'a/中 b.jpg', size: '7' }).events
  assert.equal(record.oss.bucket.arn, 'acs:oss:cn-hangzhou:1234567890123456:photos')
  assert.deepEqual([record.oss.object.key, record.oss.object.size], ['a/中 b.jpg', 7])
  assert.equal(record.eventTime, '2026-01-01T00:00:00.000Z')
  assert.match(record.oss.object.eTag, /^[0-9A-F]{32}$/)
  const terminal = scriptedTerminal()
  const make = () => makeEvent({ type: 'oss', given: {} }, terminal).toString()
  assert.notEqual(make(), make())
  assert.equal(
    event('oss', { event: 'ObjectRemoved:DeleteObject', size: '7' }).events[0].oss.object.deltaSize,
    -7,
  )
})

test('a message of a topic is its text alone, with its attributes, or in JSON', () => {
  const bytes = makeEvent({ type: 'mns_topic', given: { message: 'hi' } }, scriptedTerminal())
  assert.equal(bytes.toString(), 'hi')
  const attributes = '{"Extend":"1"}'
  assert.deepEqual(event('mns_topic', { message: 'hi', attributes }), { body: 'hi', attrs: { Extend: '1' } })
  const json = event('mns_topic', { message: 'hi', attributes, format: 'JSON' })
  assert.deepEqual([json.Message, json.Extend, json.TopicName], ['hi', '1', 'test-topic'])
  assert.equal(json.MessageMD5, '49F68A5C8493EC2C0BF489821C21FC3B')
})

test('streams are batches: of objects, of texts, or of data alone', () => {
  const three = event('kafka', { count: '3', value: 'v' })
  assert.deepEqual(
    three.map((it: { data: { offset: number } }) => it.data.offset),
    [3, 4, 5],
  )
  const [text] = event('kafka', { schema: 'text' })
  assert.equal(JSON.parse(text).source, 'acs:alikafka')
  assert.deepEqual(event('mqtt', { schema: 'data', body: 'b', client: 'c' }), [
    { props: { firstTopic: 'testTopic', secondTopic: '/devices', clientId: 'c' }, body: 'b' },
  ])
  const [change] = event('dts', { operation: 'DELETE', row: '{"id":1}' })
  assert.deepEqual([change.data.beforeImage, change.data.afterImage], [{ id: 1 }, null])
})

test('an event of Tablestore is CBOR, also as base64, and can be read as JSON', () => {
  const bytes = (encoding: string) =>
    makeEvent({ type: 'tablestore', given: { encoding } }, scriptedTerminal())
  // A map of two: "Version": "Sync-v1", "Records": an array.
  assert.match(bytes('cbor').toString('latin1'), /^\xa2gVersiongSync-v1gRecords\x81/)
  assert.deepEqual(Buffer.from(bytes('base64').toString(), 'base64'), bytes('cbor'))
  const [record] = JSON.parse(bytes('json').toString()).Records
  assert.deepEqual(record.Columns[0], {
    Type: 'Put',
    ColumnName: 'attr_0',
    Value: 'hello_table_store',
    Timestamp: Date.parse('2026-01-01T00:00:00Z'),
  })
})

test('every event of the content delivery network is valid JSON', () => {
  for (const name of eventTypes['cdn_events']!.fields['event']!.oneOf!) {
    assert.equal(event('cdn_events', { event: name }).events[0].eventName, name)
  }
})

test('types, parts and values that there are not are refused, with what was meant', () => {
  const refusal = (type: string, given: Record<string, string>, said: RegExp) =>
    assert.throws(
      () => event(type, given),
      (error: unknown) => error instanceof UsageError && said.test(error.message),
    )
  refusal('os', {}, /no type of event os\. Did you mean oss\?/)
  refusal('oss', { buckt: 'b' }, /no buckt\. Did you mean bucket\?/)
  refusal('oss', { size: 'big' }, /size of an event of type oss is a number, not big/)
  refusal('mns_topic', { format: 'XML' }, /one of STREAM, JSON, not XML/)
  refusal('iot', { items: '[1]' }, /JSON such as \{"Power"/)
})

test('whatever text is chosen, an event that is JSON stays so', () => {
  const isFree = ([, { fields }]: [string, (typeof eventTypes)[string]]) => Object.keys(fields).length > 0
  for (const [type, { fields }] of Object.entries(eventTypes).filter(isFree)) {
    if (type === 'mns_topic' || type === 'tablestore') continue
    const free = Object.keys(fields).filter((name) => {
      const { oneOf, isJson, isNumber } = fields[name]!
      return !oneOf && !isJson && !isNumber && name !== 'path'
    })
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        event(type, Object.fromEntries(free.map((name) => [name, text])))
      }),
      { numRuns: 20 },
    )
  }
})

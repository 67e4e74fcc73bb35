/** Events of triggers that a product of its own stands behind. The shapes are those of the vendor's documents. */
import { createHash } from 'node:crypto'
import { encodeCbor } from '../../lib/cbor.ts'
import { type EventType, eventType, isoMs, isoSeconds } from './event-type.ts'

const timer = eventType({
  summary: 'a tick of a timer trigger',
  fields: {
    name: { help: 'Name of the trigger.', standard: 'TestTimer' },
    payload: { help: 'Payload of the trigger.', standard: 'TestPayload' },
  },
  make: ({ name, payload }, around) => ({ triggerTime: isoSeconds(around), triggerName: name, payload }),
})

const oss = eventType({
  summary: 'a change of an object in Object Storage',
  fields: {
    bucket: { help: 'Name of the bucket.', standard: 'testbucket' },
    key: { help: 'Key of the object.', standard: 'image/a.jpg' },
    event: {
      help: 'Such as ObjectCreated:PutObject, ObjectRemoved:DeleteObject.',
      standard: 'ObjectCreated:PutObject',
    },
    size: { help: 'Size of the object in bytes.', standard: '122539', isNumber: true },
    'mime-type': { help: 'Content type of the object.', standard: 'image/jpeg' },
  },
  make: (given, around) => ({
    events: [
      {
        eventName: given.event,
        eventSource: 'acs:oss',
        eventTime: isoMs(around),
        eventVersion: '1.0',
        oss: {
          bucket: {
            arn: `acs:oss:${around.region}:${around.accountId}:${given.bucket}`,
            name: given.bucket,
            ownerIdentity: around.accountId,
            virtualBucket: '',
          },
          object: {
            deltaSize: given.event.startsWith('ObjectRemoved') ? -Number(given.size) : Number(given.size),
            eTag: around.hex(32).toUpperCase(),
            key: given.key,
            objectMeta: { mimeType: given['mime-type'] },
            size: Number(given.size),
          },
          ossSchemaVersion: '1.0',
          ruleId: around.hex(40),
        },
        region: around.region,
        requestParameters: { sourceIPAddress: '140.205.128.1' },
        responseElements: { requestId: around.hex(24).toUpperCase() },
        userIdentity: { principalId: around.accountId },
      },
    ],
  }),
})

const log = eventType({
  summary: 'a range of a Simple Log Service logstore, which the function reads by itself',
  fields: {
    project: { help: 'Name of the project.', standard: 'log-com' },
    logstore: { help: 'Name of the logstore.', standard: 'log-en' },
    shard: { help: 'Number of the shard.', standard: '0', isNumber: true },
    parameter: { help: 'JSON: functionParameter of the trigger.', standard: '{}', isJson: true },
  },
  make({ project, logstore, shard, parameter }, around) {
    const cursor = (offset: number) =>
      Buffer.from(String(BigInt(around.nowMs) * 1_000_000n + BigInt(offset))).toString('base64')
    return {
      parameter: JSON.parse(parameter),
      source: {
        endpoint: `http://${around.region}-intranet.log.aliyuncs.com`,
        projectName: project,
        logstoreName: logstore,
        shardId: Number(shard),
        beginCursor: cursor(0),
        endCursor: cursor(1),
      },
      jobName: around.hex(40),
      taskId: [8, 4, 4, 4, 12].map((digits) => around.hex(digits)).join('-'),
      cursorTime: Math.floor(around.nowMs / 1000),
    }
  },
})

const mnsTopic = eventType({
  summary: 'a message of a Simple Message Queue (formerly MNS) topic',
  fields: {
    topic: { help: 'Name of the topic.', standard: 'test-topic' },
    message: { help: 'Body of the message.', standard: 'hello topic' },
    format: {
      help: 'notifyContentFormat of the trigger. STREAM: the text of the message, or with attributes {body, attrs}.',
      standard: 'STREAM',
      oneOf: ['STREAM', 'JSON'],
    },
    attributes: { help: 'JSON object: attributes of the message.', standard: '{}', isJson: true },
    subscription: { help: 'Name of the subscription.', standard: 'test-fc-subscribe' },
  },
  make(given, around) {
    const attributes = JSON.parse(given.attributes) as Record<string, unknown>
    if (given.format === 'STREAM') {
      if (Object.keys(attributes).length === 0) return given.message
      return { body: given.message, attrs: attributes }
    }
    return {
      ...attributes,
      TopicOwner: around.accountId,
      Message: given.message,
      Subscriber: around.accountId,
      PublishTime: around.nowMs,
      SubscriptionName: given.subscription,
      MessageMD5: createHash('md5').update(given.message).digest('hex').toUpperCase(),
      TopicName: given.topic,
      MessageId: around.hex(32).toUpperCase(),
    }
  },
})

const tablestore = eventType({
  summary: 'changes of a table in Tablestore, as CBOR',
  fields: {
    type: {
      help: 'PutRow, UpdateRow or DeleteRow.',
      standard: 'PutRow',
      oneOf: ['PutRow', 'UpdateRow', 'DeleteRow'],
    },
    'primary-key': {
      help: 'JSON object: columns of the primary key.',
      standard: '{"pk_0":1506416585881590900,"pk_1":"a"}',
      isJson: true,
    },
    columns: {
      help: 'JSON object: attribute columns.',
      standard: '{"attr_0":"hello_table_store","attr_1":1}',
      isJson: true,
    },
    encoding: {
      help: 'cbor: the bytes, as the trigger sends them. base64: those as text. json: to read.',
      standard: 'cbor',
      oneOf: ['cbor', 'base64', 'json'],
    },
  },
  make(given, around) {
    const columns = (text: string) =>
      Object.entries(JSON.parse(text) as Record<string, string | number | boolean>)
    const event = {
      Version: 'Sync-v1',
      Records: [
        {
          Type: given.type,
          Info: { Timestamp: around.nowMs * 1000 },
          PrimaryKey: columns(given['primary-key']).map(([ColumnName, Value]) => ({ ColumnName, Value })),
          Columns:
            given.type === 'DeleteRow'
              ? []
              : columns(given.columns).map(([ColumnName, Value]) => ({
                  Type: 'Put',
                  ColumnName,
                  Value,
                  Timestamp: around.nowMs,
                })),
        },
      ],
    }
    if (given.encoding === 'json') return event
    const bytes = encodeCbor(event)
    return given.encoding === 'base64' ? bytes.toString('base64') : bytes
  },
})

/** What is told beside the domain, by name of the event. */
const cdnParameters: Readonly<Record<string, (domain: string, nowS: number) => Record<string, unknown>>> = {
  CachedObjectsRefreshed: (domain, nowS) => ({
    objectPath: ['/2018/03/16/13/33b430c57e7.mp4', '/2018/03/16/14/4ff6b9bd54d.mp4'],
    createTime: nowS - 8,
    domain,
    completeTime: nowS,
    objectType: 'File',
    taskId: 2_089_687_230,
  }),
  CachedObjectsPushed: (domain, nowS) => ({
    objectPath: ['/2018/03/16/13/33b430c57e7.mp4'],
    createTime: nowS - 8,
    domain,
    completeTime: nowS,
    objectType: 'File',
    taskId: 2_089_687_231,
  }),
  CdnDomainAdded: (domain) => ({ domain }),
  CdnDomainStarted: (domain) => ({ domain, status: 'online' }),
  CdnDomainStopped: (domain) => ({ domain, status: 'offline' }),
  CdnDomainDeleted: (domain) => ({ domain }),
  LogFileCreated: (domain, nowS) => ({
    domain,
    endTime: nowS,
    fileSize: 1_788_115,
    filePath: `http://cdnlog.cn-hangzhou.oss.aliyun-inc.com/${domain}/log.gz?OSSAccessKeyId=xxxx&Expires=xxxx&Signature=xxxx`,
    startTime: nowS - 300,
  }),
}

const cdn = eventType({
  summary: 'an event of the Content Delivery Network',
  fields: {
    event: {
      help: Object.keys(cdnParameters).join(', '),
      standard: 'LogFileCreated',
      oneOf: Object.keys(cdnParameters),
    },
    domain: { help: 'Domain that is accelerated.', standard: 'example.com' },
  },
  make: ({ event, domain }, around) => ({
    events: [
      {
        eventName: event,
        eventVersion: '1.0.0',
        eventSource: 'cdn',
        region: around.region,
        // In the zone of the vendor's samples.
        eventTime: `${new Date(around.nowMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`,
        traceId: [8, 4, 4, 4, 12].map((digits) => around.hex(digits)).join('-'),
        resource: { domain },
        eventParameter: cdnParameters[event]!(domain, Math.floor(around.nowMs / 1000)),
        userIdentity: { aliUid: around.accountId },
      },
    ],
  }),
})

const datahub = eventType({
  summary: 'records of a DataHub topic',
  fields: {
    project: { help: 'Name of the project.', standard: 'test_project_name' },
    topic: { help: 'Name of the topic.', standard: 'test_topic_name' },
    data: {
      help: "JSON array: a record's columns.",
      standard: `["col1's value","col2's value"]`,
      isJson: true,
    },
  },
  make: ({ project, topic, data }, around) => ({
    eventSource: 'acs:datahub',
    eventName: 'acs:datahub:putRecord',
    eventSourceARN: `/projects/${project}/topics/${topic}`,
    region: around.region,
    records: [{ eventId: '0:12345', systemTime: around.nowMs, data: JSON.stringify(JSON.parse(data)) }],
  }),
})

const iot = eventType({
  summary: 'properties of a device, as a rule of IoT Platform forwards them',
  fields: {
    product: { help: 'Product key.', standard: '1234556554' },
    device: { help: 'Name of the device.', standard: 'deviceName1234' },
    items: {
      help: 'JSON object: the properties.',
      standard: '{"Power":"on","Position":{"latitude":39.9,"longitude":116.38}}',
      isJson: true,
    },
  },
  make: ({ product, device, items }, { nowMs }) => ({
    productKey: product,
    deviceName: device,
    gmtCreate: nowMs,
    items: Object.fromEntries(
      Object.entries(JSON.parse(items) as Record<string, unknown>).map(([name, value]) => [
        name,
        { value, time: nowMs },
      ]),
    ),
  }),
})

export const productEvents: Readonly<Record<string, EventType>> = {
  timer,
  oss,
  log,
  mns_topic: mnsTopic,
  tablestore,
  cdn_events: cdn,
  datahub,
  iot,
}

/** Events that come by EventBridge: CloudEvents, one (event-driven) or an array of them (event-streaming). */
import { type EventSurroundings, type EventType, eventType, isoMs, uuid } from './event-type.ts'

const schema = {
  help: 'json: CloudEvents as objects (FC 3.0). text: each as a JSON text (FC 2.0). data: without the envelope (RawData).',
  standard: 'json',
  oneOf: ['json', 'text', 'data'],
} as const

const count = { help: 'How many messages in the batch, 1 to 100.', standard: '1', isNumber: true } as const

/** As many as were asked for, in the form that was. */
function batch(
  given: { schema: string; count: string },
  one: (index: number) => Record<string, unknown> & { data: unknown },
): unknown[] {
  const events = Array.from({ length: Math.min(100, Math.max(1, Number(given.count))) }, (_, index) =>
    one(index),
  )
  if (given.schema === 'text') return events.map((event) => JSON.stringify(event))
  return given.schema === 'data' ? events.map(({ data }) => data) : events
}

interface Envelope {
  data: unknown
  id: string
  source: string
  type: string
  subject: string
}

/** As the sources of EventBridge write it. */
const cloudEvent = ({ data, ...envelope }: Envelope, around: EventSurroundings) => ({
  data,
  id: envelope.id,
  source: envelope.source,
  specversion: '1.0',
  type: envelope.type,
  datacontenttype: 'application/json; charset=utf-8',
  time: isoMs(around),
  subject: envelope.subject,
  aliyunaccountid: around.accountId,
})

/** What EventBridge adds for an event that went over a bus. */
const onBus = (bus: string, around: EventSurroundings) => ({
  aliyunpublishtime: isoMs(around),
  aliyunoriginalaccountid: around.accountId,
  aliyuneventbusname: bus,
  aliyunregionid: around.region,
  aliyunpublishaddr: '42.120.0.1',
})

const eventbridge = eventType({
  summary: 'an event of your own on an EventBridge bus',
  fields: {
    type: { help: 'Type of the CloudEvent.', standard: 'ui:Created:PostObject' },
    source: { help: 'Source of the CloudEvent.', standard: 'my.event' },
    subject: { help: 'Subject of the CloudEvent.', standard: 'my:subject' },
    data: {
      help: 'JSON of the data.',
      standard: '{"body":"Hello eventbridge trigger !","number":100}',
      isJson: true,
    },
  },
  make: ({ type, source, subject, data }, around) => ({
    ...cloudEvent({ data: JSON.parse(data), id: uuid(around), source, type, subject }, around),
    ...onBus('default', around),
  }),
})

const mnsQueue = eventType({
  summary: 'a message of a Simple Message Queue (formerly MNS) queue',
  fields: {
    queue: { help: 'Name of the queue.', standard: 'test-queue' },
    message: { help: 'Body of the message.', standard: 'hello queue' },
  },
  make: ({ queue, message }, around) => ({
    ...cloudEvent(
      {
        data: {
          requestId: around.hex(24).toUpperCase(),
          messageId: around.hex(32).toUpperCase(),
          messageBody: message,
        },
        id: uuid(around),
        source: 'MNS-Function-mnstrigger',
        type: 'mns:Queue:SendMessage',
        subject: `acs:mns:${around.region}:${around.accountId}:queues/${queue}`,
      },
      around,
    ),
    ...onBus('MNS-Function-mnstrigger', around),
  }),
})

const kafka = eventType({
  summary: 'messages of ApsaraMQ for Kafka',
  fields: {
    topic: { help: 'Name of the topic.', standard: 'HelloTopic' },
    value: { help: 'Value of the message.', standard: '{"Test":"TestKafkaEBtrigger"}' },
    instance: { help: 'Id of the Kafka instance.', standard: 'alikafka_pre-cn-7pp2t2jwj001' },
    schema,
    count,
  },
  make: (given, around) =>
    batch(given, (index) =>
      cloudEvent(
        {
          data: {
            topic: given.topic,
            partition: 9,
            offset: 3 + index,
            timestamp: around.nowMs,
            headers: { headers: [], isReadOnly: false },
            value: given.value,
          },
          id: uuid(around),
          source: 'acs:alikafka',
          type: 'alikafka:Topic:Message',
          subject: `acs:alikafka:${given.instance}:topic:${given.topic}`,
        },
        around,
      ),
    ),
})

const rocketmq = eventType({
  summary: 'messages of ApsaraMQ for RocketMQ',
  fields: {
    topic: { help: 'Name of the topic.', standard: 'TopicName' },
    body: { help: 'Body of the message.', standard: 'TEST' },
    tag: { help: 'Its tag.', standard: 'TagA' },
    key: { help: 'Its key.', standard: 'KeyA' },
    instance: { help: 'Id of the RocketMQ instance.', standard: 'MQ_INST_1234567890123456_BXhFHryi' },
    schema,
    count,
  },
  make: (given, around) =>
    batch(given, (index) => ({
      ...cloudEvent(
        {
          data: {
            topic: given.topic,
            systemProperties: {
              MIN_OFFSET: '0',
              TRACE_ON: 'true',
              MAX_OFFSET: String(8 + index),
              MSG_REGION: around.region,
              KEYS: given.key,
              CONSUME_START_TIME: around.nowMs,
              TAGS: given.tag,
              INSTANCE_ID: given.instance,
            },
            userProperties: {},
            body: given.body,
          },
          id: uuid(around),
          source: 'RocketMQ-Function-rocketmq-trigger',
          type: 'mq:Topic:SendMessage',
          subject: `acs:mq:${around.region}:${around.accountId}:${given.instance}%${given.topic}`,
        },
        around,
      ),
      ...onBus('RocketMQ-Function-rocketmq-trigger', around),
    })),
})

const rabbitmq = eventType({
  summary: 'messages of ApsaraMQ for RabbitMQ',
  fields: {
    body: { help: 'Body of the message.', standard: 'hello rabbitmq' },
    exchange: { help: 'Exchange that it went through.', standard: 'test-exchange' },
    'routing-key': { help: 'Routing key.', standard: 'test-binding' },
    queue: { help: 'Queue that it came to.', standard: 'test-queue' },
    schema,
    count,
  },
  make: (given, around) =>
    batch(given, (index) => {
      const id = uuid(around)
      return cloudEvent(
        {
          data: {
            envelope: {
              deliveryTag: 1 + index,
              redeliver: false,
              exchange: given.exchange,
              routingKey: given['routing-key'],
            },
            props: { messageId: id },
            body: given.body,
          },
          id,
          source: 'acs:amqp',
          type: 'amqp:Queue:SendMessage',
          subject: `acs:amqp:${around.region}:${around.accountId}:/instances/amqp-cn-local/vhosts/test/queues/${given.queue}`,
        },
        around,
      )
    }),
})

const mqtt = eventType({
  summary: 'messages of ApsaraMQ for MQTT',
  fields: {
    topic: { help: 'First part of the topic.', standard: 'testTopic' },
    'second-topic': { help: 'The rest of the topic, with a leading slash.', standard: '/devices' },
    client: { help: 'Id of the client that sent it.', standard: 'GID_test@@@device1' },
    body: { help: 'Body of the message.', standard: 'hello mqtt' },
    schema,
    count,
  },
  make: (given, around) =>
    batch(given, () =>
      cloudEvent(
        {
          data: {
            props: { firstTopic: given.topic, secondTopic: given['second-topic'], clientId: given.client },
            body: given.body,
          },
          id: uuid(around),
          source: 'acs:mqtt',
          type: 'mqtt:Topic:SendMessage',
          subject: `acs:mqtt:${around.region}:${around.accountId}:mqtt-local%${given.topic}`,
        },
        around,
      ),
    ),
})

const operations = { INSERT: ['after'], UPDATE: ['before', 'after'], DELETE: ['before'] } as const

const dts = eventType({
  summary: 'changes of a database, by Data Transmission Service',
  fields: {
    operation: { help: 'INSERT, UPDATE or DELETE.', standard: 'INSERT', oneOf: Object.keys(operations) },
    database: { help: 'Name of the database.', standard: 'test_db' },
    table: { help: 'Name of the table.', standard: 'test_table' },
    row: { help: 'JSON of the row.', standard: '{"id":1,"name":"hello"}', isJson: true },
    schema,
    count,
  },
  make(given, around) {
    const row = JSON.parse(given.row) as Record<string, unknown>
    const images: readonly string[] = operations[given.operation as keyof typeof operations]
    const image = (name: string) => (images.includes(name) ? row : null)
    return batch(given, (index) =>
      cloudEvent(
        {
          data: {
            id: 321321 + index,
            topicPartition: { hash: 0, partition: 0, topic: 'cn_hangzhou_rm_local_dtstest_version2' },
            offset: 3218099 + index,
            sourceTimestamp: Math.floor(around.nowMs / 1000),
            operationType: given.operation,
            schema: {
              recordFields: Object.keys(row).map((fieldName, fieldPosition) => ({
                fieldName,
                rawDataTypeNum: typeof row[fieldName] === 'number' ? 3 : 253,
                isPrimaryKey: fieldPosition === 0,
                isUniqueKey: false,
                fieldPosition,
              })),
              databaseName: given.database,
              tableName: given.table,
            },
            beforeImage: image('before'),
            afterImage: image('after'),
          },
          id: uuid(around),
          source: 'acs:dts',
          type: 'dts:ConsumeMessage',
          subject: `acs:dts:${around.region}:${around.accountId}:dtslocal/${given.database}.${given.table}`,
        },
        around,
      ),
    )
  },
})

export const cloudEvents: Readonly<Record<string, EventType>> = {
  eventbridge,
  mns_queue: mnsQueue,
  kafka,
  rocketmq,
  rabbitmq,
  mqtt,
  dts,
}

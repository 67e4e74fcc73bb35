import { textOf, type XmlElement } from '../../../lib/xml-reader.ts'
import { type Command, outputFlag, text } from '../../command.ts'
import { readOutput, table } from '../../output.ts'
import { productFlags } from '../../product.ts'
import { connectQueues, type Queues } from '../../queues/client.ts'

export const mnsList: Command = {
  summary: 'List queues with what is in them, and topics; or the subscriptions of a topic',
  usage: 'mns list [--subscriptions TOPIC] [FLAGS]',
  details: [
    'ACTIVE messages can be received, INACTIVE ones have been and are neither deleted nor visible again, DELAYED ones',
    'come later.',
  ].join('\n'),
  examples: [
    'hanshu mns list',
    'hanshu mns list --prefix orders- --output json',
    'hanshu mns list --subscriptions news',
  ],
  positionals: { min: 0, max: 0 },
  flags: {
    prefix: { value: 'TEXT', help: 'Only names that begin so.' },
    subscriptions: { value: 'TOPIC', help: 'The subscriptions of this topic instead.' },
    ...outputFlag,
    ...productFlags('mns'),
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const topic = text(args, 'subscriptions')
    const prefix = text(args, 'prefix')
    const queues = await connectQueues(args, terminal)
    const headers: Record<string, string> = prefix === undefined ? {} : { 'x-mns-prefix': prefix }
    const { document, headings, rows } =
      topic === undefined ? await places(queues, headers) : await subscriptions(queues, topic, headers)
    if (output === 'json') terminal.print(JSON.stringify(document, null, 2))
    else for (const line of table(headings, rows)) terminal.print(line)
    return 0
  },
}

interface Listing {
  document: object[]
  headings: string[]
  rows: string[][]
}

async function places(queues: Queues, headers: Record<string, string>): Promise<Listing> {
  const withMeta = { ...headers, 'x-mns-with-meta': 'true' }
  const document: object[] = []
  const rows: string[][] = []
  for await (const queue of queues.list({ path: ['queues'], headers: withMeta }, 'Queue')) {
    document.push({ kind: 'queue', ...fieldsOf(queue) })
    rows.push([
      'queue',
      ...['QueueName', 'ActiveMessages', 'InactiveMessages', 'DelayMessages'].map(
        (name) => textOf(queue, name) ?? '',
      ),
    ])
  }
  for await (const topic of queues.list({ path: ['topics'], headers: withMeta }, 'Topic')) {
    document.push({ kind: 'topic', ...fieldsOf(topic) })
    rows.push(['topic', textOf(topic, 'TopicName') ?? ''])
  }
  return { document, headings: ['KIND', 'NAME', 'ACTIVE', 'INACTIVE', 'DELAYED'], rows }
}

async function subscriptions(
  queues: Queues,
  topic: string,
  headers: Record<string, string>,
): Promise<Listing> {
  const document: object[] = []
  const rows: string[][] = []
  const wish = {
    path: ['topics', topic, 'subscriptions'],
    headers: { ...headers, 'x-mns-with-meta': 'true' },
  }
  const fields = ['SubscriptionName', 'Endpoint', 'FilterTag', 'NotifyContentFormat', 'NotifyStrategy']
  for await (const subscription of queues.list(wish, 'Subscription')) {
    document.push(fieldsOf(subscription))
    rows.push(fields.map((field) => textOf(subscription, field) ?? ''))
  }
  return { document, headings: ['SUBSCRIPTION', 'ENDPOINT', 'TAG', 'FORMAT', 'STRATEGY'], rows }
}

/** As the vendor calls them; numbers as numbers, but for names that look like one. */
const fieldsOf = (element: XmlElement): Record<string, string | number> =>
  Object.fromEntries(
    element.children.map(({ name, text }) => [
      name,
      /^\d{1,15}$/.test(text) && !/(Name|Tag)$/.test(name) ? Number(text) : text,
    ]),
  )

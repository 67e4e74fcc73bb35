import { type Command, text } from '../../command.ts'
import { CommandFailed } from '../../errors.ts'
import { productFlags } from '../../product.ts'
import { connectQueues } from '../../queues/client.ts'

export const mnsSubscribe: Command = {
  summary: 'Have the messages of a topic sent on to a queue, or to a URL',
  usage: 'mns subscribe TOPIC NAME queue:QUEUE|URL [FLAGS]',
  details:
    'A function gets the messages of a topic by a trigger of the type mns_topic, not by a subscription.',
  examples: [
    'hanshu mns subscribe news to-orders queue:orders --format SIMPLIFIED',
    'hanshu mns subscribe news to-web http://127.0.0.1:8080/news --tag greeting',
  ],
  positionals: { min: 3, max: 3 },
  flags: {
    tag: { value: 'TEXT', help: 'Only messages that were published with this tag.' },
    format: {
      value: 'XML|JSON|SIMPLIFIED',
      help: 'What arrives; SIMPLIFIED is the message itself; default: XML.',
    },
    strategy: {
      value: 'BACKOFF_RETRY|EXPONENTIAL_DECAY_RETRY',
      help: 'How long it is tried again: 3 times, or for a day; default: the first.',
    },
    ...productFlags('mns'),
  },

  async run(args, terminal) {
    const [topic = '', name = '', typed = ''] = args.positionals
    const queues = await connectQueues(args, terminal)
    const queue = /^queue:(.+)$/.exec(typed)?.[1]
    if (queue !== undefined && queues.accountId === undefined)
      throw new CommandFailed(
        `Which account the queue is of is not known here. Write acs:mns:${queues.region}:ACCOUNT:queues/${queue}.`,
      )
    const endpoint =
      queue === undefined ? typed : `acs:mns:${queues.region}:${queues.accountId}:queues/${queue}`
    await queues.ask({
      method: 'PUT',
      path: ['topics', topic, 'subscriptions', name],
      document: {
        root: 'Subscription',
        content: {
          Endpoint: endpoint,
          FilterTag: text(args, 'tag'),
          NotifyContentFormat: text(args, 'format'),
          NotifyStrategy: text(args, 'strategy'),
        },
      },
    })
    terminal.print(`subscribed ${endpoint} to ${topic}`)
    return 0
  },
}

export const mnsUnsubscribe: Command = {
  summary: 'End a subscription of a topic',
  usage: 'mns unsubscribe TOPIC NAME [FLAGS]',
  examples: ['hanshu mns unsubscribe news to-orders'],
  positionals: { min: 2, max: 2 },
  flags: productFlags('mns'),

  async run(args, terminal) {
    const [topic = '', name = ''] = args.positionals
    const path = ['topics', topic, 'subscriptions', name]
    const queues = await connectQueues(args, terminal)
    await queues.ask({ method: 'GET', path })
    await queues.ask({ method: 'DELETE', path })
    terminal.print(`unsubscribed ${name} from ${topic}`)
    return 0
  },
}

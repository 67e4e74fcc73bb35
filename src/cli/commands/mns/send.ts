import { textOf } from '../../../lib/xml-reader.ts'
import { type Command, text } from '../../command.ts'
import { numberFlag } from '../../number-flag.ts'
import { productFlags } from '../../product.ts'
import { connectQueues } from '../../queues/client.ts'
import { bodyOf } from '../../queues/message.ts'

export const mnsSend: Command = {
  summary: 'Send a message to a queue',
  usage: 'mns send QUEUE MESSAGE|- [FLAGS]',
  details: 'Prints the id of the message. The text goes as it is, not in base64 as some SDKs send it.',
  examples: [
    'hanshu mns send orders \'{"id": 1}\'',
    'hanshu mns send orders later --delay 60',
    'date | hanshu mns send orders -',
  ],
  positionals: { min: 2, max: 2 },
  flags: {
    delay: { value: 'SECONDS', help: 'When it becomes visible; default: as the queue says.' },
    priority: { value: 'N', help: '1 comes first, 16 last; default: 8.' },
    ...productFlags('mns'),
  },

  async run(args, terminal) {
    const [queue = '', typed = ''] = args.positionals
    const delay = numberFlag(args, 'delay', { min: 0, max: 604_800 })
    const priority = numberFlag(args, 'priority', { min: 1, max: 16 })
    const queues = await connectQueues(args, terminal)
    const content = { MessageBody: await bodyOf(typed, terminal), DelaySeconds: delay, Priority: priority }
    const sent = await queues.ask({
      method: 'POST',
      path: ['queues', queue, 'messages'],
      document: { root: 'Message', content },
    })
    terminal.print((sent && textOf(sent, 'MessageId')) ?? '')
    return 0
  },
}

export const mnsPublish: Command = {
  summary: 'Publish a message to a topic',
  usage: 'mns publish TOPIC MESSAGE|- [FLAGS]',
  details: 'Prints the id of the message.',
  examples: ["hanshu mns publish news 'hello'", "hanshu mns publish news 'hello' --tag greeting"],
  positionals: { min: 2, max: 2 },
  flags: {
    tag: { value: 'TEXT', help: 'Subscriptions with another tag do not get it.' },
    ...productFlags('mns'),
  },

  async run(args, terminal) {
    const [topic = '', typed = ''] = args.positionals
    const queues = await connectQueues(args, terminal)
    const content = { MessageBody: await bodyOf(typed, terminal), MessageTag: text(args, 'tag') }
    const sent = await queues.ask({
      method: 'POST',
      path: ['topics', topic, 'messages'],
      document: { root: 'Message', content },
    })
    terminal.print((sent && textOf(sent, 'MessageId')) ?? '')
    return 0
  },
}

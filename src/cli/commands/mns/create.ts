import { type Command, isSet } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { numberFlag } from '../../number-flag.ts'
import { productFlags } from '../../product.ts'
import { connectQueues } from '../../queues/client.ts'

export const mnsCreate: Command = {
  summary: 'Create a queue, or a topic',
  usage: 'mns create NAME [--topic] [FLAGS]',
  details: 'One that is there already and just like this is left as it is.',
  examples: [
    'hanshu mns create orders',
    'hanshu mns create orders --visibility 120',
    'hanshu mns create news --topic',
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    topic: { help: 'A topic, not a queue.' },
    visibility: {
      value: 'SECONDS',
      help: 'How long a message that was received stays hidden, unless it is deleted; default: 30.',
    },
    delay: { value: 'SECONDS', help: 'When a message that is sent becomes visible; default: at once.' },
    retention: { value: 'SECONDS', help: 'How long a message is kept; default: 345600, four days.' },
    ...productFlags('mns'),
  },

  async run(args, terminal) {
    const name = args.positionals[0]!
    const isTopic = isSet(args, 'topic')
    const content = {
      VisibilityTimeout: numberFlag(args, 'visibility', { min: 1, max: 43_200 }),
      DelaySeconds: numberFlag(args, 'delay', { min: 0, max: 604_800 }),
      MessageRetentionPeriod: numberFlag(args, 'retention', { min: 60, max: 604_800 }),
    }
    if (isTopic && Object.values(content).some((value) => value !== undefined))
      throw new UsageError('--visibility, --delay and --retention are for queues.')
    const queues = await connectQueues(args, terminal)
    await queues.ask({
      method: 'PUT',
      path: [isTopic ? 'topics' : 'queues', name],
      document: isTopic ? { root: 'Topic', content: {} } : { root: 'Queue', content },
    })
    terminal.print(`created ${isTopic ? 'the topic' : 'the queue'} ${name}`)
    return 0
  },
}

import { agreed } from '../../agreed.ts'
import { type Command, isSet } from '../../command.ts'
import { productFlags } from '../../product.ts'
import { connectQueues } from '../../queues/client.ts'

export const mnsDelete: Command = {
  summary: 'Delete a queue with its messages, or a topic with its subscriptions',
  usage: 'mns delete NAME [--topic] [--force] [FLAGS]',
  examples: ['hanshu mns delete orders', 'hanshu mns delete news --topic --force'],
  positionals: { min: 1, max: 1 },
  flags: {
    topic: { help: 'A topic, not a queue.' },
    force: { short: 'f', help: 'Without asking.' },
    ...productFlags('mns'),
  },

  async run(args, terminal) {
    const name = args.positionals[0]!
    const isTopic = isSet(args, 'topic')
    const path = [isTopic ? 'topics' : 'queues', name]
    const queues = await connectQueues(args, terminal)
    // Who mistyped wants to know: what is not there is deleted without a word.
    await queues.ask({ method: 'GET', path })
    const what = isTopic ? `the topic ${name} with its subscriptions` : `the queue ${name} with its messages`
    if (!isSet(args, 'force') && !(await agreed(`Delete ${what}? [y/N] `, terminal))) return 1
    await queues.ask({ method: 'DELETE', path })
    terminal.print(`deleted ${isTopic ? 'the topic' : 'the queue'} ${name}`)
    return 0
  },
}

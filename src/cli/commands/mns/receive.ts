import { type Arguments, type Command, isSet, outputFlag, text } from '../../command.ts'
import { PlatformRefused } from '../../errors.ts'
import { numberFlag } from '../../number-flag.ts'
import { readOutput } from '../../output.ts'
import { productFlags } from '../../product.ts'
import { connectQueues, type Queues, type QueuesAsk } from '../../queues/client.ts'
import { type Message, messagesOf } from '../../queues/message.ts'
import type { Terminal } from '../../terminal.ts'

const numberFlags = { number: { value: 'N', help: 'At most so many, 16 at most; default: 1.' } } as const
const NUMBER = { min: 1, max: 16 }

export const mnsReceive: Command = {
  summary: 'Receive messages of a queue',
  usage: 'mns receive QUEUE [--number N] [--wait SECONDS] [--delete] [FLAGS]',
  details: [
    'Prints their bodies. Unless it is deleted, a message comes back when its visibility timeout is over; what deletes',
    'it by hand is its receiptHandle, which --output json shows.',
  ].join('\n'),
  examples: [
    'hanshu mns receive orders --wait 10 --delete',
    'hanshu mns receive orders --number 16 --output json | jq ".[].body"',
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    ...numberFlags,
    wait: { value: 'SECONDS', help: 'Wait so long for one to come, 30 at most; default: as the queue says.' },
    delete: { help: 'Delete what was received, once it is printed.' },
    ...outputFlag,
    ...productFlags('mns'),
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const wait = numberFlag(args, 'wait', { min: 0, max: 30 })
    const path = ['queues', args.positionals[0]!, 'messages']
    const query = {
      numofmessages: String(numberFlag(args, 'number', NUMBER) ?? 1),
      ...(wait === undefined ? {} : { waitseconds: String(wait) }),
    }
    const queues = await connectQueues(args, terminal)
    const messages = await messagesOrNone(queues, { method: 'GET', path, query, waitMs: 30_000 })
    show(messages, output, terminal)
    if (!isSet(args, 'delete')) return 0
    for (const { receiptHandle = '' } of messages)
      await queues.ask({ method: 'DELETE', path, query: { receipthandle: receiptHandle } })
    return 0
  },
}

export const mnsPeek: Command = {
  summary: 'Look at the messages that would be received next, and leave them there',
  usage: 'mns peek QUEUE [--number N] [FLAGS]',
  examples: ['hanshu mns peek orders', 'hanshu mns peek orders --number 16 --output json'],
  positionals: { min: 1, max: 1 },
  flags: { ...numberFlags, ...outputFlag, ...productFlags('mns') },

  async run(args: Arguments, terminal: Terminal) {
    const output = readOutput(text(args, 'output'))
    const path = ['queues', args.positionals[0]!, 'messages']
    const query = { peekonly: 'true', numofmessages: String(numberFlag(args, 'number', NUMBER) ?? 1) }
    const queues = await connectQueues(args, terminal)
    show(await messagesOrNone(queues, { method: 'GET', path, query }), output, terminal)
    return 0
  },
}

/** A queue without a message is told as an error, which it is not here. */
async function messagesOrNone(queues: Queues, ask: QueuesAsk): Promise<Message[]> {
  try {
    return messagesOf(await queues.ask(ask))
  } catch (error) {
    if (error instanceof PlatformRefused && error.code === 'MessageNotExist') return []
    throw error
  }
}

function show(messages: readonly Message[], output: 'text' | 'json', terminal: Terminal): void {
  if (output === 'json') terminal.print(JSON.stringify(messages, null, 2))
  else for (const { body } of messages) terminal.print(body)
  if (messages.length === 0) terminal.note('There is no message.')
}

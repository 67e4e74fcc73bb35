/** Messages as the commands take and show them. */
import { childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { UsageError } from '../errors.ts'
import type { Terminal } from '../terminal.ts'

export interface Message {
  messageId: string
  receiptHandle?: string
  body: string
  dequeueCount: number
  priority: number
  enqueued: string
}

/** Of an answer with one `<Message>`, or with several. */
export const messagesOf = (root: XmlElement | undefined): Message[] =>
  !root ? [] : (root.name === 'Messages' ? childrenOf(root, 'Message') : [root]).map(messageOf)

function messageOf(element: XmlElement): Message {
  const receiptHandle = textOf(element, 'ReceiptHandle')
  return {
    messageId: textOf(element, 'MessageId') ?? '',
    ...(receiptHandle === undefined ? {} : { receiptHandle }),
    // Blanks around it are its own.
    body: childrenOf(element, 'MessageBody')[0]?.text ?? '',
    dequeueCount: Number(textOf(element, 'DequeueCount')),
    priority: Number(textOf(element, 'Priority')),
    enqueued: new Date(Number(textOf(element, 'EnqueueTime'))).toISOString(),
  }
}

/** What is typed for a message: itself, or `-` for what comes by standard input. */
export async function bodyOf(typed: string, terminal: Terminal): Promise<string> {
  if (typed !== '-') return typed
  const input = await terminal.readInput()
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input)
  } catch {
    throw new UsageError('A message is text in UTF-8, and standard input is not. base64 makes text of it.')
  }
}

/** Messages on the wire: how senders write them, how receivers are told. */
import type { XmlContent } from '../../lib/xml.ts'
import type { XmlElement } from '../../lib/xml-reader.ts'
import { fieldsOf, integerOf } from './document.ts'
import { invalidElement, notImplemented, outOfRange } from './errors.ts'
import {
  bodyMd5,
  type MessageProperty,
  type NewMessage,
  PRIORITY,
  PRIORITY_STANDARD,
  type ReceivedMessage,
} from './message.ts'
import { type QueueAttributes, rangeOf } from './queue.ts'

/** A `<Message>` for a queue. */
export function readMessage(element: XmlElement, queue: QueueAttributes): NewMessage {
  if (element.name !== 'Message') throw invalidElement(element.name)
  const fields = fieldsOf(element, [
    'MessageBody',
    'DelaySeconds',
    'Priority',
    'UserProperties',
    'SystemProperties',
    'MessageGroupId',
  ])
  if (fields.has('MessageGroupId')) throw notImplemented('MessageGroupId')
  const body = bodyTextOf(fields.get('MessageBody'))
  checkBodyBytes(body, queue.maximumMessageSize)
  const delay = fields.get('DelaySeconds')
  const priority = fields.get('Priority')
  return {
    body,
    delayMs:
      1000 * (delay ? integerOf(delay.text, 'DelaySeconds', rangeOf('delaySeconds')) : queue.delaySeconds),
    priority: priority ? integerOf(priority.text, 'Priority', PRIORITY) : PRIORITY_STANDARD,
    userProperties: readProperties(fields.get('UserProperties'), 'PropertyValue'),
    systemProperties: readProperties(fields.get('SystemProperties'), 'SystemPropertyValue'),
  }
}

export function bodyTextOf(element: XmlElement | undefined): string {
  if (!element || element.children.length > 0) throw invalidElement('MessageBody')
  return element.text
}

export function checkBodyBytes(body: string, sizeBytesMax: number): void {
  const sizeBytes = Buffer.byteLength(body)
  if (sizeBytes < 1 || sizeBytes > sizeBytesMax) {
    throw outOfRange('MessageBody', { min: 1, max: sizeBytesMax, unit: 'bytes' })
  }
}

/** All properties of a message together. */
const PROPERTIES_MAX = 100

function readProperties(element: XmlElement | undefined, itemName: string): MessageProperty[] {
  if (!element) return []
  if (element.children.length > PROPERTIES_MAX) throw invalidElement(element.name)
  return element.children.map((child) => {
    if (child.name !== itemName) throw invalidElement(child.name)
    const fields = fieldsOf(child, ['Name', 'Value', 'Type'])
    const name = fields.get('Name')?.text ?? ''
    if (name === '') throw invalidElement('Name')
    return { name, value: fields.get('Value')?.text ?? '', type: fields.get('Type')?.text ?? 'STRING' }
  })
}

const describeProperties = (
  properties: readonly MessageProperty[] | undefined,
  itemName: string,
): XmlContent =>
  properties && {
    [itemName]: properties.map(({ name, value, type }) => ({ Name: name, Value: value, Type: type })),
  }

export const describeMessage = (message: ReceivedMessage): XmlContent => ({
  MessageId: message.messageId,
  ReceiptHandle: message.receipt?.handle,
  MessageBody: message.body,
  MessageBodyMD5: bodyMd5(message.body),
  EnqueueTime: message.enqueuedMs,
  NextVisibleTime: message.receipt?.nextVisibleMs,
  // A message that nobody received yet has the time of its sending here, as at the vendor.
  FirstDequeueTime: message.firstDequeuedMs ?? message.enqueuedMs,
  DequeueCount: message.dequeueCount,
  Priority: message.priority,
  UserProperties: describeProperties(message.userProperties, 'PropertyValue'),
  SystemProperties: describeProperties(message.systemProperties, 'SystemPropertyValue'),
})

/** What the operations on queues are given, and how they tell of a queue. */
import { booleanOf, integerOf } from '../document.ts'
import { invalidArgument, notImplemented } from '../errors.ts'
import { isName } from '../names.ts'
import { attributeElements, attributesIn, type DeadLetterPolicy, type QueueAttributes } from '../queue.ts'
import { missingParameter } from './errors.ts'

/** How often a message may have been received before it is dead. */
const RECEIVE_COUNT = { min: 1, max: 100, unit: '' } as const

export interface QueueParameters {
  queueName: string
  given: Partial<QueueAttributes>
  /** Null: none any more. */
  deadLetters: DeadLetterPolicy | null | undefined
}

const policyNames = ['DeadLetterTargetQueue', 'Enabled', 'MaxReceiveCount'] as const

/** Parameters of the query and of the form, by name; each once. */
export function parametersOf(query: URLSearchParams, body: URLSearchParams): Map<string, string> {
  return new Map([...query, ...body])
}

export function requireQueueName(parameters: ReadonlyMap<string, string>): string {
  const queueName = parameters.get('QueueName')
  if (queueName === undefined || queueName === '') throw missingParameter('QueueName')
  return queueName
}

export function readQueueParameters(parameters: ReadonlyMap<string, string>): QueueParameters {
  const queueName = requireQueueName(parameters)
  const known = [...attributeElements, 'QueueName', 'EnableLogging', 'QueueType', 'DlqPolicy', 'RegionId']
  for (const [name, value] of parameters) {
    if (known.includes(name) || name.startsWith('DlqPolicy.')) continue
    if (value !== '') throw notImplemented(`the parameter '${name}'`)
  }
  if (booleanOf(parameters.get('EnableLogging') ?? 'false', 'EnableLogging'))
    throw notImplemented('EnableLogging')
  if ((parameters.get('QueueType') ?? 'normal') !== 'normal') throw notImplemented('queues that are FIFO')
  return {
    queueName,
    given: attributesIn((element) => parameters.get(element)),
    deadLetters: readPolicy(parameters, queueName),
  }
}

/** As a JSON object, or as parameters whose names begin with its own. */
function readPolicy(
  parameters: ReadonlyMap<string, string>,
  queueName: string,
): DeadLetterPolicy | null | undefined {
  const fields = new Map<string, string>()
  const text = parameters.get('DlqPolicy')
  if (text !== undefined) {
    for (const [name, value] of Object.entries(objectIn(text))) fields.set(name, String(value))
  }
  for (const [name, value] of parameters) {
    if (name.startsWith('DlqPolicy.')) fields.set(name.slice('DlqPolicy.'.length), value)
  }
  if (fields.size === 0) return undefined
  for (const name of fields.keys()) {
    if (!(policyNames as readonly string[]).includes(name))
      throw notImplemented(`the field 'DlqPolicy.${name}'`)
  }
  if (!booleanOf(fields.get('Enabled') ?? 'false', 'DlqPolicy.Enabled')) return null
  const target = fields.get('DeadLetterTargetQueue') ?? ''
  if (!isName(target) || target === queueName) {
    throw invalidArgument('The value of DlqPolicy.DeadLetterTargetQueue should be the name of another queue.')
  }
  const maxReceiveCount = integerOf(
    fields.get('MaxReceiveCount') ?? '',
    'DlqPolicy.MaxReceiveCount',
    RECEIVE_COUNT,
  )
  return { queueName: target, maxReceiveCount }
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // It is refused in the same words as any other text that is no object.
  }
  throw invalidArgument('The value of DlqPolicy should be a JSON object.')
}

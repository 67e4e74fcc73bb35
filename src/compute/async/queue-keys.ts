/**
 * Where the queue keeps what. An item of the queue is a small record that moves between two places of its function: `r`
 * (ready, in the order of acceptance) and `w` (waits, in the order in which it falls due). What it carries is a record of its
 * own that stays where it is until nothing refers to it any more.
 */
export interface FunctionName {
  accountId: string
  functionName: string
}

/** Events for the function itself, and outcomes of its events on their way to a destination. */
export type QueueRoot = 'async/queue/' | 'async/deliveries/'
export const queueRoots: readonly QueueRoot[] = ['async/queue/', 'async/deliveries/']

const pathOf = ({ accountId, functionName }: FunctionName): string => `${accountId}/${functionName}/`
/** Numbers whose order as text is their order. */
export const padded = (number: number): string => String(number).padStart(16, '0')

export const laneOf = (root: QueueRoot, name: FunctionName): string => root + pathOf(name)
export const readyKey = (lane: string, order: number, id: string): string => `${lane}r/${padded(order)}-${id}`
export const waitingKey = (lane: string, dueMs: number, id: string): string =>
  `${lane}w/${padded(dueMs)}-${id}`

const keyForm = /^((async\/[a-z]+\/)([^/]+)\/([^/]+)\/)([rw])\/(\d{16})-(.*)$/s

/** The parts of a key of `readyKey` or `waitingKey`. */
export function parseQueueKey(key: string): {
  lane: string
  root: QueueRoot
  name: FunctionName
  waits: boolean
  /** The order, or when it falls due. */
  number: number
  /** The request id. */
  id: string
} {
  const [, lane, root, accountId, functionName, place, number, id = ''] = keyForm.exec(key) ?? []
  if (!lane || !accountId || !functionName) throw new Error(`'${key}' is not a key of the queue`)
  return {
    lane,
    root: root as QueueRoot,
    name: { accountId, functionName },
    waits: place === 'w',
    number: Number(number),
    id,
  }
}

export const payloadKey = (name: FunctionName, requestId: string): string =>
  `async/payloads/${pathOf(name)}${requestId}`
/** Not among the payloads: an outcome may go to the function that it comes from, which then has an event of the same id. */
export const outcomeKey = (name: FunctionName, requestId: string): string =>
  `async/outcomes/${pathOf(name)}${requestId}`
/** The caller's own id of an event, while it is in the queue. */
export const takenIdKey = (name: FunctionName, taskId: string): string =>
  `async/tasks/${pathOf(name)}${taskId}`

export const tasksPrefix = (name: FunctionName): string => `async/stateful/${pathOf(name)}`
export const taskKey = (name: FunctionName, taskId: string): string => tasksPrefix(name) + taskId
export const oldestFirstRoot = 'async/stateful-oldest-first/'
export const oldestFirstPrefix = (name: FunctionName): string => oldestFirstRoot + pathOf(name)
export const newestFirstPrefix = (name: FunctionName): string => `async/stateful-newest-first/${pathOf(name)}`

export const deadLettersRoot = 'async/dead-letters/'
export const deadLettersPrefix = (name: FunctionName): string => deadLettersRoot + pathOf(name)
export const deadLetterKey = (name: FunctionName, order: number, id: string): string =>
  `${deadLettersPrefix(name)}${padded(order)}-${id}`

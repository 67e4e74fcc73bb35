import { createQueue } from './create-queue.ts'
import { deleteQueue } from './delete-queue.ts'
import { getQueueAttributes } from './get-queue-attributes.ts'
import { notBuilt } from './not-built.ts'
import { setQueueAttributes } from './set-queue-attributes.ts'

/** Every operation of the control plane. */
export const operations = [createQueue, setQueueAttributes, getQueueAttributes, deleteQueue, ...notBuilt]

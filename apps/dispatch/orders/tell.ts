import type { OrdersContext } from './context.ts'

/** Tells the dispatcher, if there is a way to. What was done stands without it, and the dispatcher finds it by itself a moment later. */
export async function tell(
  { tellDispatcher, failed }: OrdersContext,
  news: { orderId: string } | { riderId: string },
): Promise<void> {
  try {
    await tellDispatcher?.(news)
  } catch (error) {
    failed('to tell the dispatcher', error)
  }
}

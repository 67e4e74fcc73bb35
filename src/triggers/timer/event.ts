/** The event of a timer trigger (fc-events/timer.json): the time of the tick, in UTC and whole seconds. */
export function timerEvent({
  tickMs,
  triggerName,
  payload,
}: {
  tickMs: number
  triggerName: string
  payload: string
}): Buffer {
  const triggerTime = `${new Date(tickMs).toISOString().slice(0, 19)}Z`
  return Buffer.from(JSON.stringify({ triggerTime, triggerName, payload }))
}

/** The products that triggers are wired to. */
export interface EventSources {
  /** Why a trigger cannot be wired to this, in words: it is not there, or has as many as it may. */
  flawOf(triggerType: string, source: string): Promise<string | undefined>
  /** How far the events of a trigger have got. */
  stateOf(trigger: {
    functionName: string
    triggerName: string
    triggerType: string
  }): Promise<EventSourceState>
}

export interface EventSourceState {
  /** Events that are kept for it. */
  waiting: number
  /** When the oldest of them happened, ms. */
  oldestMs?: number
  lastError?: { atMs: number; message: string }
}

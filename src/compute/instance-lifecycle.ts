/**
 * The life of one instance as a pure function, (state, event) → state:
 *
 *     starting ──ready──▶ idle ◀──acquired / released──▶ busy
 *                         │  ▲
 *                   frozen┘  └thawed
 *     idle, frozen, starting ──retired──▶ stopping ──exited──▶ stopped
 *
 * and `crashed` leads to stopped from everywhere. Nothing here starts a process or a timer:
 * `InstancePool` does, by looking at the state it gets back.
 */
export type InstanceState =
  | { is: 'starting' }
  | { is: 'idle'; sinceMs: number }
  | { is: 'frozen'; sinceMs: number }
  | { is: 'busy'; invocations: number }
  | { is: 'stopping' }
  | { is: 'stopped'; because: 'retired' | 'crashed' }

export type InstanceEvent =
  | { type: 'ready'; atMs: number }
  | { type: 'frozen' }
  | { type: 'thawed'; atMs: number }
  | { type: 'acquired' }
  | { type: 'released'; atMs: number }
  | { type: 'retired' }
  | { type: 'exited' }
  | { type: 'crashed' }

export function next(state: InstanceState, event: InstanceEvent): InstanceState {
  if (event.type === 'crashed') return { is: 'stopped', because: 'crashed' }

  switch (state.is) {
    case 'starting':
      if (event.type === 'ready') return { is: 'idle', sinceMs: event.atMs }
      if (event.type === 'retired') return { is: 'stopping' }
      break
    case 'idle':
      if (event.type === 'acquired') return { is: 'busy', invocations: 1 }
      if (event.type === 'frozen') return { is: 'frozen', sinceMs: state.sinceMs }
      if (event.type === 'retired') return { is: 'stopping' }
      break
    case 'frozen':
      if (event.type === 'thawed') return { is: 'idle', sinceMs: event.atMs }
      if (event.type === 'acquired') return { is: 'busy', invocations: 1 }
      if (event.type === 'retired') return { is: 'stopping' }
      break
    case 'busy':
      if (event.type === 'acquired') return { is: 'busy', invocations: state.invocations + 1 }
      if (event.type === 'released' && state.invocations > 1)
        return { is: 'busy', invocations: state.invocations - 1 }
      if (event.type === 'released') return { is: 'idle', sinceMs: event.atMs }
      break
    case 'stopping':
      if (event.type === 'exited') return { is: 'stopped', because: 'retired' }
      break
    case 'stopped':
      break
  }
  throw new Error(`an instance that is ${state.is} cannot be ${event.type}`)
}

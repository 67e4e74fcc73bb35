/** What the engine says of its calls, as what the meter is told. */
import type { Clock } from '../../lib/clock.ts'
import type { FunctionRevision } from '../../ports/invocation.ts'
import type { StartFailure } from '../live-instance.ts'
import { ActiveTime } from './active-time.ts'
import type { Meter } from './meter.ts'

interface Instance {
  revision: FunctionRevision
  instanceId: string
}

/** A call that an instance was given. */
export interface MeteredCall {
  requestId: string
  qualifier: string
  retryCount: number
  /** It is in the ledger. */
  metered: boolean
}

/** Whole ms, one at least; a call that never began costs nothing. */
export const billedMsOf = (durationMs: number | undefined): number =>
  durationMs === undefined ? 0 : Math.max(1, Math.ceil(durationMs))

export class CallMeter<Called extends Instance = Instance> {
  readonly #meter: Meter
  readonly #clock: Clock
  readonly #isHeld: (instance: Called) => boolean
  readonly #active = new ActiveTime()

  /** `isHeld`: the time of its calls is charged with its being held ready (held-instances.ts). */
  constructor(
    { meter, clock }: { meter: Meter; clock: Clock },
    isHeld: (instance: Called) => boolean = () => false,
  ) {
    this.#meter = meter
    this.#clock = clock
    this.#isHeld = isHeld
  }

  begin<Call extends MeteredCall>(instance: Called, call: Call): Call {
    if (isShared(instance)) this.#active.begin(instance, this.#clock.monotonicMs())
    return call
  }

  /** Enters the call into the ledger, before its caller is answered. `durationMs` is undefined for one that never began. */
  end(instance: Called, call: MeteredCall, durationMs: number | undefined, outcome: string): void {
    if (call.metered) return
    call.metered = true
    const { revision, instanceId } = instance
    const { requestId, qualifier, retryCount } = call
    const billedMs = billedMsOf(durationMs)
    const activeMs = isShared(instance) ? this.#active.end(instance, this.#clock.monotonicMs()) : billedMs
    if (durationMs === undefined) return
    const charged = { requestId, qualifier, retryCount, outcome, billedMs, activeMs }
    const kind = this.#isHeld(instance) ? 'provisioned' : 'onDemand'
    this.#meter.invoked({ revision, instanceId, kind, ...charged })
  }

  /**
   * The initializer failed, and the call that waited for the instance with it: it is a request, and its time is that of the
   * start. Whether the vendor charges for initializers is not known for certain; for one that succeeds nothing is charged.
   */
  startFailed(
    { revision, requestId, qualifier, retryCount = 0 }: { revision: FunctionRevision; requestId: string; qualifier: string; retryCount?: number }, // biome-ignore format: one line
    { instanceId, durationMs }: StartFailure,
  ): void {
    const billedMs = billedMsOf(durationMs)
    const charged = { outcome: 'initializationError', billedMs, activeMs: billedMs }
    this.#meter.invoked({
      revision,
      instanceId,
      kind: 'onDemand',
      requestId,
      qualifier,
      retryCount,
      ...charged,
    })
  }
}

const isShared = ({ revision }: Instance): boolean => revision.instanceConcurrency > 1

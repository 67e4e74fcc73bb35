/**
 * Threshold-based scaling of provisioned instances (the vendor's page "Limits and rules of instance scaling"):
 * out to `current × metric ÷ threshold`, in by `current × factor × (1 − metric ÷ threshold)`, rounded up.
 */
export interface TrackingInput {
  /** What the policy last asked for. */
  current: number
  /** 0 to 1 (more where more is used than there is); undefined when nothing was measured. */
  metric: number | undefined
  metricTarget: number
  min: number
  max: number
}

/** "A system parameter" of the vendor, "in (0, 1]", that slows scaling in. Its value is not published; this is ours. */
const scaleInFactor = 0.5

/** How many instances a policy asks for next. Pure. */
export function trackTarget({ current, metric, metricTarget, min, max }: TrackingInput): number {
  const clamped = (count: number): number => Math.min(Math.max(count, min), max)
  // Nothing can be said of instances that are not there.
  if (metric === undefined || current === 0) return clamped(current)
  const ratio = metric / metricTarget
  const next = ratio > 1 ? current * ratio : current - current * scaleInFactor * (1 - ratio)
  // 3 × 1.1 ÷ 1.1 is a hair above 3.
  return clamped(Math.ceil(next - 1e-9))
}

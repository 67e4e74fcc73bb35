import { invalidArgument } from './errors.ts'

export interface Resources {
  /** vCPUs. */
  cpu: number
  /** MB. */
  memorySize: number
}

const CPU_MIN_HUNDREDTHS = 5
const CPU_MAX_HUNDREDTHS = 1600
const MEMORY_MIN_MB = 128
const MEMORY_MAX_MB = 32_768
const MEMORY_STEP_MB = 64

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

/**
 * vCPUs and memory of a function. What is missing is chosen as FC 2.0 did, two thirds of a vCPU per GB:
 * it gives 0.35 vCPU for 512 MB, which is what `s` sends for a function that names neither.
 */
export function resourcesOf({ cpu, memorySize }: { cpu?: number; memorySize?: number }): Resources {
  if (memorySize !== undefined) checkMemory(memorySize)
  if (cpu !== undefined) checkCpu(cpu)
  const memory = memorySize ?? (cpu === undefined ? 512 : memoryFor(cpu))
  const chosen = { cpu: cpu ?? cpuFor(memory), memorySize: memory }
  checkRatio(chosen)
  return chosen
}

function cpuFor(memorySize: number): number {
  const hundredths = Math.ceil(((memorySize / 1024) * (200 / 3)) / 5) * 5
  return clamp(hundredths, CPU_MIN_HUNDREDTHS, CPU_MAX_HUNDREDTHS) / 100
}

function memoryFor(cpu: number): number {
  const steps = Math.round((cpu * 1.5 * 1024) / MEMORY_STEP_MB)
  return clamp(steps * MEMORY_STEP_MB, MEMORY_MIN_MB, MEMORY_MAX_MB)
}

function checkMemory(memorySize: number): void {
  if (
    !Number.isInteger(memorySize) ||
    memorySize % MEMORY_STEP_MB !== 0 ||
    memorySize < MEMORY_MIN_MB ||
    memorySize > MEMORY_MAX_MB
  ) {
    throw invalidArgument(
      `MemorySize is set to an invalid value: it must be a multiple of ${MEMORY_STEP_MB} between ${MEMORY_MIN_MB} and ` +
        `${MEMORY_MAX_MB} (actual: '${memorySize}')`,
    )
  }
}

function checkCpu(cpu: number): void {
  const hundredths = Math.round(cpu * 100)
  const exact = Math.abs(cpu * 100 - hundredths) < 1e-6 && hundredths % 5 === 0
  if (!exact || hundredths < CPU_MIN_HUNDREDTHS || hundredths > CPU_MAX_HUNDREDTHS) {
    throw invalidArgument(
      `CPU is set to an invalid value: it must be a multiple of 0.05 between 0.05 and 16 (actual: '${cpu}')`,
    )
  }
}

function checkRatio({ cpu, memorySize }: Resources): void {
  const hundredths = Math.round(cpu * 100)
  if (memorySize * 100 < hundredths * 1024 || memorySize * 100 > 4 * hundredths * 1024) {
    throw invalidArgument(
      `the ratio of CPU to MemorySize (in GB) must be from 1:1 to 1:4 (actual: ${cpu} vCPU and ${memorySize} MB)`,
    )
  }
}

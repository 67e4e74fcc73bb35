const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB']

/** `512 bytes`, `1.5 KB`, `20.0 GB`: of 1024 each, three digits or four. */
export function readableBytes(sizeBytes: number): string {
  let size = sizeBytes
  let unit = 0
  // What would round to 1024.0 is of the next unit.
  while (size >= 1023.95 && unit < UNITS.length - 1) {
    size /= 1024
    unit++
  }
  if (unit === 0) return `${Math.round(size)} ${Math.round(size) === 1 ? 'byte' : 'bytes'}`
  return `${size.toFixed(1)} ${UNITS[unit]}`
}

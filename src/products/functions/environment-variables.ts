import { invalidArgument } from './errors.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/
const SIZE_BYTES_MAX = 4096

/** Help page "environment variables": these would be mistaken for what the platform sets itself. */
const RESERVED = new Set(['accessKeyID', 'accessKeySecret', 'securityToken', 'topic'])

export function checkEnvironmentVariables(variables: Readonly<Record<string, string>>): void {
  let sizeBytes = 0
  for (const [name, value] of Object.entries(variables)) {
    if (!NAME.test(name)) {
      throw invalidArgument(
        `EnvironmentVariables: the name '${name}' must start with a letter and contain only letters, digits and underscores`,
      )
    }
    if (name.startsWith('FC_') || RESERVED.has(name)) {
      throw invalidArgument(`EnvironmentVariables: the name '${name}' is reserved by the system`)
    }
    if (value.includes('\0')) {
      throw invalidArgument(`EnvironmentVariables: the value of '${name}' contains a NUL character`)
    }
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (sizeBytes > SIZE_BYTES_MAX) {
    throw invalidArgument(
      `EnvironmentVariables: the total size ${sizeBytes} exceeds the maximum of ${SIZE_BYTES_MAX} bytes`,
    )
  }
}

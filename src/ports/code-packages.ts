import type { Readable } from 'node:stream'
import type { CodeReference } from './invocation.ts'

/** ZIP packages of functions and layers: checked before they are accepted, kept as blobs, unpacked where instances run. */
export interface CodePackages {
  /** Stores the package after looking at every entry. Throws `InvalidCodePackage`; then nothing is kept. */
  store(zip: AsyncIterable<Uint8Array>, limits: CodePackageLimits): Promise<CodeReference>
  /** The package as it was uploaded. */
  open(code: CodeReference): Promise<Readable>
}

export interface CodePackageLimits {
  /** Of the ZIP itself. */
  packedBytesMax: number
  /** Of all files together, unpacked. */
  unpackedBytesMax: number
  entriesMax: number
}

export class InvalidCodePackage extends Error {
  readonly reason: 'notZip' | 'unsafePath' | 'unsupportedEntry' | 'tooLarge' | 'tooManyEntries'

  constructor(reason: InvalidCodePackage['reason'], message: string) {
    super(message)
    this.name = 'InvalidCodePackage'
    this.reason = reason
  }
}

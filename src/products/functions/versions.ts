import type { FunctionState } from './function.ts'

/** A published version: the state of the function at that moment, for ever. */
export interface VersionRecord {
  versionId: string
  description: string
  createdTime: string
  state: FunctionState
}

/** The `Version` of the API. */
export const versionDocument = ({ versionId, description, createdTime }: VersionRecord) => ({
  versionId,
  description,
  createdTime,
  lastModifiedTime: createdTime,
})

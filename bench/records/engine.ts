/** What is measured: as much of a RecordStore as every candidate needs to be compared on equal work. */
export interface Engine {
  /** One record, if it is as it was read (an expectation on its version); durable when it answers. */
  commit(key: string, value: unknown): Promise<void>
  get(key: string): unknown
  list(prefix: string, limit: number): unknown[]
  close(): Promise<void>
}

export type OpenEngine = (folder: string) => Promise<Engine>

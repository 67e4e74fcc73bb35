/** One line of the table, its cells as they are printed. */
export interface Row {
  what: string
  median?: string
  p99?: string
  perSecond?: string
  /** Of all processes of the server, for one request. */
  cpu?: string
  /** How many times the peer that `what` or the group names. */
  ratio?: string
  goal?: string
  reached?: boolean | undefined
}

/** Rows that are measured together, because they are compared with each other. */
export interface Group {
  name: string
  title: string
  run(bench: Bench): Promise<Row[]>
}

/** What a group is given. */
export interface Bench {
  quick: boolean
  /** Temporary, on the disk; removed at the end. */
  folder: string
  /** Folder of the arrival traces, and as it is named to people. */
  traces: string
  tracesAsGiven: string
  /** Writes a file beside the table and answers how it is named there; undefined where nothing is to be written. */
  result(name: string, content: string): Promise<string | undefined>
  /** Registers what must be undone when the group ends, also when it fails or the bench is interrupted. Last in, first out. */
  own(undo: () => unknown): void
  progress(sentence: string): void
  /** Counts up to `count`, and ends early when the time is used up; a group is given an upper limit, not a promise. */
  rounds(limits: { count: number; withinMs: number }): Iterable<number>
}

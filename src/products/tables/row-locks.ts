/**
 * Writers of one row take turns, so that each decides on what the one before has left. What waits are requests that are
 * open anyway, which the listener bounds.
 */
export interface RowLocks {
  /** Runs `task` when nobody else has this row. */
  withRow<T>(table: string, key: Uint8Array, task: () => Promise<T>): Promise<T>
  /** Resolves when everyone is done who had, or waited for, a row of this table. */
  passed(table: string): Promise<void>
}

export function rowLocks(): RowLocks {
  /** The last in the line of each row that has one. */
  const lines = new Map<string, Promise<void>>()

  return {
    async withRow(table, key, task) {
      const name = `${table}/${Buffer.from(key).toString('latin1')}`
      const before = lines.get(name)
      const { promise: done, resolve: leave } = Promise.withResolvers<void>()
      lines.set(name, done)
      try {
        await before
        return await task()
      } finally {
        leave()
        if (lines.get(name) === done) lines.delete(name)
      }
    },

    async passed(table) {
      await Promise.all([...lines].filter(([name]) => name.startsWith(`${table}/`)).map(([, done]) => done))
    },
  }
}

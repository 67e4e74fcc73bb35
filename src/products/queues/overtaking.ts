import { VersionConflict } from '../../ports/records.ts'

/** Changes that may be overtaken this often before they fail. */
const OVERTAKEN_MAX = 20

/** Does it again while others change the same records at the same time. */
export async function overtaking<T>(attempt: () => Promise<T>): Promise<T> {
  for (let overtaken = 0; ; overtaken++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof VersionConflict) || overtaken >= OVERTAKEN_MAX) throw error
    }
  }
}

import type { Write } from './records.ts'

/**
 * What those want committed who have to know of a write, together with it: no event without its write, no write without
 * its event. A product asks for it in its own words (`needs.ts`); `triggers/events` answers.
 */
export interface Announcement {
  /** Of the same commit. */
  writes: readonly Write[]
  /** To be called when they are committed. */
  committed(): void
}

/** So much waits to be told already that nothing more may happen of which somebody has to know. */
export class AnnouncementsFull extends Error {}

/** Changes of objects as those see them who want to know: committed together with the change. */
import type { Announcement } from '../../ports/announcements.ts'
import type { Write } from '../../ports/records.ts'
import type { HistoryStore, Place } from './history.ts'
import type { ObjectEvent } from './needs.ts'
import { etagOf, type ObjectRecord, type PartRecord } from './object.ts'
import type { ObjectsContext } from './product.ts'

type Teller = Pick<ObjectsContext, 'listeners' | 'requestId' | 'clientIp' | 'caller'> &
  Partial<Pick<ObjectsContext, 'noted'>>
type Told = Pick<ObjectEvent, 'sizeBytes' | 'deltaBytes' | 'etag' | 'mimeType' | 'variables'>

/** The context, whose changes of objects are announced by this name. */
export const announcing = <Context extends HistoryStore & Teller>(
  context: Context,
  name: string,
  { variables }: Pick<Told, 'variables'> = {},
): Context => ({
  ...context,
  announced: (place, { written, removed }, before) => {
    if (!name.startsWith('ObjectRemoved:') && written)
      return announce(context, name, place, {
        ...describing(written),
        deltaBytes: written.sizeBytes - (before?.sizeBytes ?? 0),
        ...(variables && { variables }),
      })
    // Hidden, or removed for good; of a delete marker nobody needs to hear.
    const gone = before ?? removed.find(({ deleteMarker }) => !deleteMarker)
    return gone
      ? announce(context, name, place, { ...describing(gone), deltaBytes: -gone.sizeBytes })
      : Promise.resolve(undefined)
  },
})

export function announce(
  { listeners, requestId, clientIp, caller, noted }: Teller,
  name: string,
  { bucket, object }: Place,
  told: Told,
): Promise<Announcement | undefined> {
  noted?.changes.set(object, { sizeBytes: told.sizeBytes, deltaBytes: told.deltaBytes })
  const principal = caller.is === 'signer' ? caller.principal : undefined
  return listeners.announce({ name, bucket, object, ...told, requestId, sourceIp: clientIp, principal })
}

/** A part that is kept, in the place of another or of none. */
export const announcePart =
  (context: Teller, name: string, place: Place, { sizeBytes, md5 }: PartRecord) =>
  (replaced: PartRecord | undefined): Promise<Announcement | undefined> =>
    announce(context, name, place, {
      sizeBytes,
      deltaBytes: sizeBytes - (replaced?.sizeBytes ?? 0),
      etag: md5.toUpperCase(),
    })

/** Commits what is no change of an object, but announced like one. */
export async function commitAnnounced(
  { records }: Pick<HistoryStore, 'records'>,
  writes: readonly Write[],
  announcement: Announcement | undefined,
): Promise<void> {
  await records.commit([...writes, ...(announcement?.writes ?? [])])
  announcement?.committed()
}

function describing(object: ObjectRecord): Pick<Told, 'sizeBytes' | 'etag' | 'mimeType'> {
  const mimeType = object.headers['content-type']
  return {
    sizeBytes: object.sizeBytes,
    etag: etagOf(object).replaceAll('"', ''),
    ...(mimeType === undefined ? {} : { mimeType }),
  }
}

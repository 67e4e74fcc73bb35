import type { Group } from '../lib/row.ts'
import { alias } from './alias.ts'
import { async } from './async.ts'
import { burst } from './burst.ts'
import { cold } from './cold.ts'
import { dispatchCity } from './dispatch-city.ts'
import { dispatchQuality } from './dispatch-quality.ts'
import { dispatchSpeed } from './dispatch-quality-speed.ts'
import { events } from './events.ts'
import { keepAlive } from './keep-alive.ts'
import { ledger } from './ledger.ts'
import { many } from './many.ts'
import { map } from './map.ts'
import { memory } from './memory.ts'
import { objects } from './objects.ts'
import { peaks } from './peaks.ts'
import { queues } from './queues.ts'
import { records } from './records.ts'
import { scale } from './scale.ts'
import { search } from './search.ts'
import { startup } from './startup.ts'
import { tables } from './tables.ts'
import { warm } from './warm.ts'

/** In the order of the table. */
export const groups: readonly Group[] = [
  cold,
  warm,
  burst,
  scale,
  peaks,
  alias,
  memory,
  startup,
  many,
  async,
  records,
  keepAlive,
  ledger,
  objects,
  tables,
  search,
  queues,
  events,
  map,
  dispatchQuality,
  dispatchSpeed,
  dispatchCity,
]

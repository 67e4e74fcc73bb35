/** Lists by pages that are counted: the number of a page, its size, and how much there is in all. */
import type { XmlContent } from '../../../lib/xml.ts'
import type { RecordStore, StoredRecord } from '../../../ports/records.ts'
import { invalidArgument } from '../errors.ts'
import { isName } from '../names.ts'
import type { Parameters } from './parameters.ts'

const PAGE_NUM = { min: 1, max: 100_000_000, standard: 1 }
/** The vendor tells no standard. */
const PAGE_SIZE = { min: 10, max: 50, standard: 50 }
/** Records that are read at once, of all that are counted. */
const READ_AT_ONCE = 1000

export interface CountedPage<T> {
  items: readonly T[]
  total: number
  number: number
  size: number
}

/** All under `within` whose names begin with `namePrefix` and that are `wanted`, as far as they are on the page asked for. */
export async function countedPage<T>(
  records: RecordStore,
  parameters: Parameters,
  { within, namePrefix = '' }: { within: string; namePrefix?: string | undefined },
  wanted: (value: T) => boolean,
): Promise<CountedPage<T>> {
  const number = clamped(parameters, 'PageNum', PAGE_NUM)
  const size = clamped(parameters, 'PageSize', PAGE_SIZE)
  const items: T[] = []
  let total = 0
  // No name begins so, and such text may not be fit for a key.
  if (namePrefix !== '' && !isName(namePrefix)) return { items, total, number, size }
  for (let after: string | undefined; ; ) {
    const read: StoredRecord<T>[] = await records.list({
      prefix: within + namePrefix,
      limit: READ_AT_ONCE,
      ...(after === undefined ? {} : { after }),
    })
    for (const { value } of read) {
      if (!wanted(value)) continue
      if (total >= (number - 1) * size && items.length < size) items.push(value)
      total++
    }
    if (read.length < READ_AT_ONCE) return { items, total, number, size }
    after = read.at(-1)!.key
  }
}

export const describePage = (
  { total, number, size }: Omit<CountedPage<unknown>, 'items'>,
  described: readonly XmlContent[],
): XmlContent => ({
  PageNum: number,
  PageSize: size,
  Size: described.length,
  Pages: Math.ceil(total / size),
  Total: total,
  PageData: described,
})

/** A number out of its range counts as the end that it is beyond. Throws InvalidArgument for what is no number. */
function clamped(
  parameters: Parameters,
  name: string,
  { min, max, standard }: { min: number; max: number; standard: number },
): number {
  const text = parameters.get(name) || String(standard)
  if (!/^-?\d{1,15}$/.test(text)) throw invalidArgument(`The value of ${name} should be a number.`)
  return Math.min(max, Math.max(min, Number(text)))
}

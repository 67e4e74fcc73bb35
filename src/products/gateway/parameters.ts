/** Parameters of an operation, by name. All throw `ApiError` for what is not of the kind that is asked for. */
import { invalid, missing } from './errors.ts'

export class Parameters {
  readonly #values: ReadonlyMap<string, string>

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values
  }

  optional(name: string): string | undefined {
    return this.#values.get(name) || undefined
  }

  required(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw missing(name)
    return value
  }

  /** Given, be it as an empty text. */
  given(name: string): string | undefined {
    return this.#values.get(name)
  }

  text(name: string, max: number): string | undefined {
    const value = this.#values.get(name)
    if (value !== undefined && value.length > max) throw invalid(name, `It has more than ${max} characters.`)
    return value
  }

  integer(name: string, { min, max }: { min: number; max: number }): number | undefined {
    const value = this.optional(name)
    if (value === undefined) return undefined
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= min && number <= max)) throw invalid(name, `It is a number from ${min} to ${max}.`)
    return number
  }

  boolean(name: string): boolean | undefined {
    const value = this.optional(name)?.toLowerCase()
    if (value !== undefined && value !== 'true' && value !== 'false') throw invalid(name)
    return value === undefined ? undefined : value === 'true'
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const given = this.optional(name)
    if (given === undefined) return undefined
    const found =
      values.find((value) => value === given) ?? values.find((value) => value === given.toUpperCase())
    if (found === undefined) throw invalid(name, `It is none of ${values.join(', ')}.`)
    return found
  }

  /** Of texts with commas between them, as ids are given. */
  list(name: string, max: number): string[] {
    const list = this.required(name)
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
    if (list.length === 0) throw missing(name)
    if (list.length > max) throw invalid(name, `It names more than ${max}.`)
    return [...new Set(list)]
  }

  /** Of objects: `IpControlPolicys.1.CidrIp`. */
  objects(name: string, max: number): Parameters[] {
    const items = new Map<number, Map<string, string>>()
    for (const [key, value] of this.#values) {
      const match = new RegExp(`^${name}\\.(\\d{1,4})\\.([A-Za-z]+)$`).exec(key)
      if (!match) continue
      const at = Number(match[1])
      const item = items.get(at) ?? new Map<string, string>()
      items.set(at, item.set(match[2]!, value))
    }
    if (items.size > max) throw invalid(name, `It has more than ${max} items.`)
    return [...items].sort(([a], [b]) => a - b).map(([, item]) => new Parameters(item))
  }
}

/** Routes in the notation of the vendors' references: `PUT /{bucket}/{object+}?acl`. */
export interface Route {
  method: string
  segments: readonly Segment[]
  /** Query keys that must be there; a value narrows it: `?list-type=2`. */
  subResources: readonly { key: string; value: string | undefined }[]
  /** The last segment takes the rest of the path, slashes and all. */
  open: boolean
  /** A higher number is tried first: fixed segments before parameters, sub-resources before none. */
  specificity: number
}

type Segment = { fixed: string } | { parameter: string }

export function parseRoute(text: string): Route {
  const match = /^([A-Z]+) (\/[^?]*)(?:\?(.+))?$/.exec(text)
  if (!match) throw new Error(`'${text}' is not a route`)
  const [, method, path, subResourceText] = match
  let open = false
  const segments = path!
    .slice(1)
    .split('/')
    .filter((segment, index, all) => segment !== '' || (index > 0 && index < all.length - 1))
    .map((segment, index, all): Segment => {
      const parameter = /^\{(.+?)(\+?)\}$/.exec(segment)
      if (!parameter) return { fixed: segment }
      if (parameter[2] === '+') {
        if (index !== all.length - 1)
          throw new Error(`'${text}': only the last parameter can take the rest of the path`)
        open = true
      }
      return { parameter: parameter[1]! }
    })
  const subResources = (subResourceText?.split('&') ?? []).map((item) => {
    const [key, value] = item.split('=')
    return { key: key!, value }
  })
  const specificity =
    subResources.reduce((sum, { value }) => sum + (value === undefined ? 100 : 150), 0) +
    segments.reduce((sum, segment) => sum + ('fixed' in segment ? 10 : 1), 0)
  return { method: method!, segments, subResources, open, specificity }
}

/** The path is not percent-encoded UTF-8. */
export class MalformedPath extends Error {
  constructor() {
    super('the path is not well encoded')
    this.name = 'MalformedPath'
  }
}

/** Whether `find` can read it. */
export const isWellFormed = (rawPath: string): boolean => {
  try {
    decode(rawPath)
    return true
  } catch {
    return false
  }
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new MalformedPath()
  }
}

export interface Router<Target> {
  /** `rawPath` still percent-encoded, beginning with a slash. Throws `MalformedPath`. */
  find(
    method: string,
    rawPath: string,
    query: URLSearchParams,
  ): { target: Target; path: Record<string, string> } | undefined
  /** The methods that this path answers to, for telling "no such path" from "not this method". */
  methodsOf(rawPath: string, query: URLSearchParams): string[]
}

export function routerOf<Target>(entries: readonly { route: string; target: Target }[]): Router<Target> {
  const routes = entries
    .map(({ route, target }) => ({ route: parseRoute(route), target }))
    .sort((a, b) => b.route.specificity - a.route.specificity)
  const byMethod = Map.groupBy(routes, ({ route }) => route.method)

  return {
    find(method, rawPath, query) {
      const segments = split(rawPath)
      for (const { route, target } of byMethod.get(method) ?? []) {
        const path = matchRoute(route, segments, query)
        if (path) return { target, path }
      }
      return undefined
    },
    methodsOf(rawPath, query) {
      const segments = split(rawPath)
      return [...byMethod].flatMap(([method, candidates]) =>
        candidates.some(({ route }) => matchRoute(route, segments, query)) ? [method] : [],
      )
    },
  }
}

function split(rawPath: string): string[] {
  const path = rawPath.startsWith('/') ? rawPath.slice(1) : rawPath
  return path === '' ? [] : path.split('/')
}

function matchRoute(
  { segments, open, subResources }: Route,
  given: readonly string[],
  query: URLSearchParams,
): Record<string, string> | undefined {
  // `/{bucket}` also answers to `/bucket/`: the vendors' SDKs send either.
  const trailingSlash = !open && given.length === segments.length + 1 && given.at(-1) === ''
  if (open ? given.length < segments.length : given.length !== segments.length && !trailingSlash)
    return undefined
  const path: Record<string, string> = {}
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]!
    if ('fixed' in segment) {
      if (segment.fixed !== given[index]) return undefined
      continue
    }
    const last = index === segments.length - 1
    const value = open && last ? given.slice(index).map(decode).join('/') : decode(given[index]!)
    if (value === '') return undefined
    path[segment.parameter] = value
  }
  for (const { key, value } of subResources) {
    if (!query.has(key) || (value !== undefined && query.get(key) !== value)) return undefined
  }
  return path
}

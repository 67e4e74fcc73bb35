/**
 * Which API a method and a path are for: a tree of the parts of paths, so that a request costs as many steps as its path has
 * parts, not as many as there are APIs. A part as it is written wins over a parameter, a parameter over `/*`.
 */
interface Leaf<Target> {
  target: Target
  /** Names of the parameters, in the order of the path. */
  names: readonly string[]
}

interface Node<Target> {
  fixed: Map<string, Node<Target>>
  parameter?: Node<Target>
  /** By method; `ANY` is for those that have none of their own. */
  leaves: Map<string, Leaf<Target>>
  /** The same for everything below. */
  rest: Map<string, Leaf<Target>>
}

export interface Found<Target> {
  target: Target
  path: ReadonlyMap<string, string>
  /** How many parts the `*` took. */
  restLength: number
}

export interface RouteTable<Target> {
  /** `segments`: decoded. */
  find(method: string, segments: readonly string[]): Found<Target> | undefined
}

export function routeTable<Target>(
  routes: readonly { method: string; path: string; target: Target }[],
): RouteTable<Target> {
  const root = newNode<Target>()
  for (const { method, path, target } of routes) {
    let node = root
    const names: string[] = []
    const parts = path.split('/').slice(1)
    const isOpen = parts.at(-1) === '*'
    for (const part of isOpen ? parts.slice(0, -1) : parts) {
      const name = /^\[(.+)\]$/.exec(part)?.[1]
      if (name === undefined) {
        const next = node.fixed.get(part) ?? newNode<Target>()
        node.fixed.set(part, next)
        node = next
      } else {
        names.push(name)
        node.parameter ??= newNode<Target>()
        node = node.parameter
      }
    }
    ;(isOpen ? node.rest : node.leaves).set(method, { target, names })
  }

  return {
    find(method, segments) {
      const values: string[] = []
      const found = walk(root, 0)
      if (!found) return undefined
      const { target, names } = found.leaf
      return {
        target,
        path: new Map(names.map((name, at) => [name, values[at]!])),
        restLength: found.restLength,
      }

      /** Visits no node twice: the tree bounds what a path can cost. */
      function walk(node: Node<Target>, at: number): { leaf: Leaf<Target>; restLength: number } | undefined {
        if (at === segments.length) {
          const leaf = ofMethod(node.leaves, method)
          if (leaf) return { leaf, restLength: 0 }
        } else {
          const segment = segments[at]!
          const next = node.fixed.get(segment)
          const inFixed = next && walk(next, at + 1)
          if (inFixed) return inFixed
          if (node.parameter && segment !== '') {
            values.push(segment)
            const inParameter = walk(node.parameter, at + 1)
            if (inParameter) return inParameter
            values.pop()
          }
        }
        const leaf = ofMethod(node.rest, method)
        return leaf && { leaf, restLength: segments.length - at }
      }
    },
  }
}

const newNode = <Target>(): Node<Target> => ({ fixed: new Map(), leaves: new Map(), rest: new Map() })

const ofMethod = <Target>(
  leaves: ReadonlyMap<string, Leaf<Target>>,
  method: string,
): Leaf<Target> | undefined => leaves.get(method) ?? leaves.get('ANY')

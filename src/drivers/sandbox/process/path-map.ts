import type { Mount } from '../../../ports/sandbox.ts'

/**
 * Without a file system of its own, a program sees the machine's: what the specification calls by its target is
 * called by its source. The longest target wins; in an environment value every part of a `:` list is looked at.
 */
export function pathMapper(mounts: readonly Mount[]): (text: string) => string {
  const longestFirst = [...mounts].sort((a, b) => b.target.length - a.target.length)
  const mapPart = (part: string): string => {
    const mount = longestFirst.find(({ target }) => part === target || part.startsWith(`${target}/`))
    return mount ? mount.source + part.slice(mount.target.length) : part
  }
  return (text) => text.split(':').map(mapPart).join(':')
}

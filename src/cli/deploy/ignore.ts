/** What a deployment leaves out: the lines of .fcignore and .funignore, which are written as in .gitignore. */

/** Whether a path, relative to the code folder and with slashes, is left out. */
export type Ignore = (path: string, isFolder: boolean) => boolean

/** Never a part of the code. `.s` is what Serverless Devs keeps for itself. */
const always = ['.git/', '.s/', '.fcignore', '.funignore', '.DS_Store', 'node_modules/.cache/']

interface Rule {
  matches: RegExp
  foldersOnly: boolean
  keeps: boolean
}

/** The last line that matches decides. Whoever walks the folder does not look into one that is left out. */
export function ignoreOf(lines: readonly string[]): Ignore {
  const rules = [...always, ...lines].map(ruleOf).filter((rule) => rule !== undefined)
  return (path, isFolder) => {
    const rule = rules.findLast(
      ({ matches, foldersOnly }) => (isFolder || !foldersOnly) && matches.test(path),
    )
    return rule !== undefined && !rule.keeps
  }
}

function ruleOf(line: string): Rule | undefined {
  let pattern = line.replace(/(?<!\\)\s+$/, '')
  if (pattern === '' || pattern.startsWith('#')) return undefined
  const keeps = pattern.startsWith('!')
  if (keeps) pattern = pattern.slice(1)
  const foldersOnly = pattern.endsWith('/')
  if (foldersOnly) pattern = pattern.slice(0, -1)
  // A slash anywhere but at the end ties the pattern to the top.
  const anchored = pattern.includes('/')
  pattern = pattern.replace(/^\//, '')
  if (pattern === '') return undefined
  return { matches: new RegExp(`^${anchored ? '' : '(?:.*/)?'}${regexOf(pattern)}$`), foldersOnly, keeps }
}

function regexOf(pattern: string): string {
  let regex = ''
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at)
    const set = /^\[(!|\^)?(\]?[^\]]*)\]/.exec(rest)
    if (rest.startsWith('**/') && (at === 0 || pattern[at - 1] === '/')) {
      regex += '(?:.*/)?'
      at += 2
    } else if (rest === '**' && (at === 0 || pattern[at - 1] === '/')) {
      regex += '.+'
      at += 1
    } else if (rest.startsWith('*')) {
      regex += '[^/]*'
    } else if (rest.startsWith('?')) {
      regex += '[^/]'
    } else if (set) {
      regex += `[${set[1] ? '^' : ''}${set[2]!.replace(/[\\\]^]/g, '\\$&')}]`
      at += set[0].length - 1
    } else {
      const character = rest.startsWith('\\') && rest.length > 1 ? pattern[++at]! : rest[0]!
      regex += character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    }
  }
  return regex
}

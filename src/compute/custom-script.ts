/**
 * The shell script that turns the waiting program of a custom runtime (runtimes/custom/start.sh) into the function's
 * own program: variables, working directory, exec.
 */
export interface CustomStart {
  /** Names are checked when a function is created; a name that no environment can hold throws. */
  env: Readonly<Record<string, string>>
  codeDir: string
  /** Program and first arguments; empty: `bootstrap` in the code. */
  command: readonly string[]
  args: readonly string[]
}

/**
 * Names that a shell keeps for itself, or obeys: these are set by env(1) in front of the program, where they are mere
 * data. All others are exported by the shell, which saves starting another program.
 */
const shellNames =
  /^(BASH.*|COMP_.*|DIRSTACK|ENV|EPOCH.*|EUID|FUNCNAME|GROUPS|HIST.*|IFS|LANG|LC_.*|LINENO|MAIL.*|OLDPWD|OPT.*|PIPESTATUS|POSIXLY_CORRECT|PPID|PS\d|PWD|RANDOM|READLINE_.*|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM|TMOUT|UID|_|hanshu_.*)$/
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/

export function customStartScript({ env, codeDir, command, args }: CustomStart): string {
  const [program, ...words] = command.length > 0 ? [...command, ...args] : [`${codeDir}/bootstrap`, ...args]
  if (!program) throw new Error('the command of a custom runtime begins with an empty word')
  const exported: string[] = []
  const prefixed: string[] = []
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('='))
      throw new Error(`no environment can hold a variable named '${name}'`)
    if (identifier.test(name) && !shellNames.test(name)) exported.push(`export ${name}=${quote(value)}`)
    else prefixed.push(quote(`${name}=${value}`))
  }
  const launch = prefixed.length > 0 ? ['exec "$hanshu_env" --', ...prefixed] : ['exec']
  return [
    // Before PATH becomes the function's.
    ...(prefixed.length > 0 ? ['hanshu_env=$(command -v env)'] : []),
    ...exported,
    `cd ${quote(codeDir)} || exit 126`,
    ...(program.includes('/') ? [`hanshu_program=${quote(program)}`] : findByName(program)),
    'hanshu_check "$hanshu_program"',
    [...launch, '"$hanshu_program"', ...words.map(quote)].join(' '),
    // Only bash comes here (start.sh sets execfail); dash ends, and says why in a trap.
    'hanshu_exec_failed $?',
    '',
  ].join('\n')
}

/** As start.sh reads it: the number of bytes, then the script. */
export function encodeStart(script: string): Buffer {
  const bytes = Buffer.from(script)
  return Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes])
}

/** A name without a slash: by PATH, as a shell would, then in the code. Never a builtin or a function of the shell. */
function findByName(name: string): string[] {
  return [
    'hanshu_program=',
    'hanshu_rest=$PATH:',
    'while [ -n "$hanshu_rest" ]; do',
    `  hanshu_folder=\${hanshu_rest%%:*}`,
    `  hanshu_rest=\${hanshu_rest#*:}`,
    `  hanshu_try=\${hanshu_folder:-.}/${quote(name)}`,
    '  if [ -f "$hanshu_try" ] && [ -x "$hanshu_try" ]; then hanshu_program=$hanshu_try; break; fi',
    'done',
    `[ -n "$hanshu_program" ] || hanshu_program=./${quote(name)}`,
  ]
}

function quote(text: string): string {
  if (text.includes('\0')) throw new Error('a word of a command cannot contain a NUL character')
  return `'${text.replaceAll("'", `'\\''`)}'`
}

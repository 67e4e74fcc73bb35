import { type Command, isSet, outputFlag, platformFlags, text } from '../command.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { readOutput, table } from '../output.ts'
import { pause } from '../pause.ts'
import { connect, type Platform } from '../platform.ts'
import type { Screen, Terminal } from '../terminal.ts'
import { type Activity, activity } from '../watch/activity.ts'
import { type PlatformStatus, readStatus } from '../watch/platform-status.ts'
import { type SortKey, sorted, sortKeys, topLines } from '../watch/top-view.ts'
import { age, harmless, milliseconds, perSecond } from '../watch/words.ts'

const intervalSeconds = { least: 0.2, standard: 1, most: 3600 }

export const top: Command = {
  summary: 'Watch what functions are doing',
  usage: 'top [FLAGS]',
  details:
    'Per function: calls and errors per second, the time that half and 95 of 100 calls took at most, instances (in all,\n' +
    'busy, frozen), and what is in the asynchronous queue. q or Ctrl-C ends it; c, e, p and i sort.',
  examples: ['hanshu top', 'hanshu top --sort errors --interval 5', 'hanshu top --once --output json'],
  positionals: { min: 0, max: 0 },
  flags: {
    once: { help: 'Look twice, print what happened in between, and end: for scripts.' },
    interval: { value: 'SECONDS', help: 'Between two looks; default: 1.' },
    sort: { value: 'COLUMN', help: 'calls, errors, p95 or instances; default: calls.' },
    ...outputFlag,
    ...platformFlags,
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const by = sortOf(text(args, 'sort'))
    const everyMs = intervalOf(text(args, 'interval')) * 1000
    const once = isSet(args, 'once')
    if (output === 'json' && !once) throw new UsageError('--output json goes with --once.')
    const platform = await connect(args, terminal)
    const first = await readStatus(platform)
    if (once) {
      await pause(everyMs, terminal.signal, terminal.clock)
      const rows = sorted(activity(await readStatus(platform), first), by)
      if (output === 'json') terminal.print(JSON.stringify(rows, null, 2))
      else for (const line of asTable(rows)) terminal.print(line)
      return 0
    }
    const screen = terminal.takeScreen()
    if (!screen)
      throw new UsageError('hanshu top draws on a terminal, and there is none; --once prints once.')
    try {
      await watch(platform, terminal, screen, { first, by, everyMs })
    } finally {
      screen.leave()
    }
    return 0
  },
}

/** Until somebody types q, or has had enough otherwise. A platform that does not answer is asked again. */
async function watch(
  platform: Platform,
  terminal: Terminal,
  screen: Screen,
  { first, by, everyMs }: { first: PlatformStatus; by: SortKey; everyMs: number },
): Promise<void> {
  const quit = new AbortController()
  const signal = AbortSignal.any([quit.signal, terminal.signal])
  const view = { status: first, before: undefined as PlatformStatus | undefined, by, problem: '' }
  const draw = () => {
    const { problem, ...rest } = view
    const size = { width: screen.columns, rows: screen.rows }
    screen.draw(topLines(problem === '' ? rest : { ...rest, problem }, size))
  }
  screen.onKey((key) => {
    if (key === 'q' || key === 'Q') quit.abort()
    view.by = sortKeys[key] ?? view.by
    if (!signal.aborted) draw()
  })
  screen.onResize(draw)
  // The first look has nothing to compare with: calls since the platform began are not calls of a second.
  view.before = first
  draw()
  while (!signal.aborted) {
    await pause(everyMs, signal, terminal.clock)
    if (signal.aborted) return
    try {
      const status = await readStatus(platform)
      Object.assign(view, { status, before: view.status, problem: '' })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof CommandFailed)) throw error
      view.problem = error.message.split('\n')[0]!
    }
    draw()
  }
}

function asTable(rows: readonly Activity[]): string[] {
  const headings = ['FUNCTION', 'CALLS/S', 'ERR/S', 'P50', 'P95', 'INST', 'BUSY', 'FROZ', 'QUEUE', 'OLDEST']
  return table(
    headings,
    rows.map((one) => [
      harmless(one.functionName),
      perSecond(one.calls),
      perSecond(one.errors),
      milliseconds(one.p50Ms),
      milliseconds(one.p95Ms),
      String(one.instancesInAll),
      String(one.instances['busy'] ?? 0),
      String(one.instances['frozen'] ?? 0),
      String(one.queued),
      age(one.oldestQueuedSeconds),
    ]),
  )
}

function sortOf(typed: string | undefined): SortKey {
  if (typed === undefined) return 'calls'
  const known = Object.values(sortKeys).find((key) => key === typed)
  if (!known) throw new UsageError(`--sort is ${Object.values(sortKeys).join(', ')}, not ${typed}.`)
  return known
}

function intervalOf(typed: string | undefined): number {
  if (typed === undefined) return intervalSeconds.standard
  const { least, most } = intervalSeconds
  const seconds = Number(typed)
  if (!(seconds >= least && seconds <= most))
    throw new UsageError(`--interval is a number of seconds from ${least} to ${most}, not ${typed}.`)
  return seconds
}

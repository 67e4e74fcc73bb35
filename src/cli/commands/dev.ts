import { resolve } from 'node:path'
import { type Arguments, type Command, isSet, platformFlags, text } from '../command.ts'
import { readDebugWish } from '../dev/attach-debugger.ts'
import { localLoop } from '../dev/local-loop.ts'
import { type OwnPlatform, startOwnPlatform } from '../dev/own-platform.ts'
import { CommandFailed, PlatformRefused, UsageError } from '../errors.ts'
import { connect, type Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import { readStatus } from '../watch/platform-status.ts'

export const dev: Command = {
  summary: 'Deploy the functions of an s.yaml, and again at every change, with their logs, until Ctrl-C',
  usage: 'dev [RESOURCE...] [-t FILE] [FLAGS]',
  details:
    'Uses the platform that runs, else starts one of its own, which keeps nothing and ends with it. What changes in the\n' +
    'code folders (but not what .fcignore and .funignore name) or in the file is deployed within about a second.\n' +
    'With --debug, calls of that function go to one instance, one after the other, at which a debugger can attach: the\n' +
    'Node inspector for nodejs runtimes, debugpy for python (a package that has to be in the code or on the machine).\n' +
    'Meanwhile its timeout is a day, and the instance is neither frozen nor retired. A platform that is there already\n' +
    'has to have been started with --debug (hanshu up --debug).',
  examples: [
    'hanshu dev',
    'hanshu dev -t services/shop/s.yaml api worker',
    'hanshu dev --standalone --debug api',
    'hanshu dev --debug api:9230 --debug worker:5678',
  ],
  positionals: { min: 0, max: 100 },
  flags: {
    template: { value: 'FILE', short: 't', help: 'The file to read; default: s.yaml.' },
    standalone: { help: 'Start a platform of its own even if one runs.' },
    debug: {
      value: 'FUNCTION[:PORT]',
      help: 'Let a debugger attach at this port of 127.0.0.1; default: 9229 for nodejs, 5678 for python.',
      repeatable: true,
    },
    'run-actions': { help: 'Run the pre-deploy actions of the file, which are commands on this machine.' },
    ...platformFlags,
  },

  async run(args, terminal) {
    const debug = ((args.flags['debug'] ?? []) as readonly string[]).map(readDebugWish)
    const { platform, own } = await platformFor(args, terminal)
    const watched = new AbortController()
    void own?.ended.then(() => watched.abort())
    try {
      await localLoop({
        file: resolve(terminal.workingDir, text(args, 'template') ?? 's.yaml'),
        only: args.positionals,
        platform,
        terminal: { ...terminal, signal: AbortSignal.any([terminal.signal, watched.signal]) },
        runActions: isSet(args, 'run-actions'),
        debug,
      })
      if (watched.signal.aborted && !terminal.signal.aborted)
        throw new CommandFailed('The platform has ended.')
      return 0
    } catch (error) {
      if (terminal.signal.aborted) return 0
      throw error
    } finally {
      await own?.stop()
    }
  },
}

/** The one that runs, or one of our own. */
async function platformFor(
  args: Arguments,
  terminal: Terminal,
): Promise<{ platform: Platform; own?: OwnPlatform }> {
  const isNamed =
    text(args, 'endpoint') !== undefined || terminal.environment['HANSHU_ENDPOINT'] !== undefined
  if (isSet(args, 'standalone')) {
    if (text(args, 'endpoint') !== undefined)
      throw new UsageError('Either --standalone or --endpoint, not both.')
  } else {
    const running = await runningPlatform(args, terminal).catch((error: unknown) => {
      if (isNamed || error instanceof PlatformRefused || !(error instanceof CommandFailed)) throw error
      return undefined
    })
    if (running) return { platform: running }
  }
  terminal.note('starting a platform for as long as this runs')
  const own = await startOwnPlatform(terminal)
  // Its key is in its folder; what the environment says is for another one.
  const environment = Object.fromEntries(
    Object.entries(terminal.environment).filter(([name]) => !/^(HANSHU|ALIBABA_CLOUD)_/.test(name)),
  )
  const platform = await connect(
    { positionals: [], flags: { data: own.dataDir } },
    { ...terminal, environment },
  ).catch(async (error: unknown): Promise<never> => {
    await own.stop()
    throw error
  })
  return { platform, own }
}

async function runningPlatform(args: Arguments, terminal: Terminal): Promise<Platform> {
  const platform = await connect(args, terminal)
  await readStatus(platform, { timeoutMs: 5000 })
  return platform
}

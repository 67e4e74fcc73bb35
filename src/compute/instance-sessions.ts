import { type InstanceSessions, NoSession } from '../ports/instance-sessions.ts'
import type { Engine } from './engine.ts'
import type { HeldInstance } from './instance-pool.ts'
import { contractEnvironment } from './live-instance.ts'

/** A person looks with one or two; more are a loop that forgets to close. */
export const sessionsPerInstanceMax = 4

/** Programs in instances that run, each for as long as it lives. */
export function instanceSessions(engine: Pick<Engine, 'holdInstance'>): InstanceSessions {
  return {
    async open({ functionName, instanceId, argv, tty }) {
      const held = await engine.holdInstance(functionName, instanceId)
      if (!held) throw new NoSession('gone')
      try {
        if (held.holders > sessionsPerInstanceMax) throw new NoSession('busy')
        const session = await start(held, argv, tty)
        void session.exited.then(held.release)
        return session
      } catch (error) {
        held.release()
        throw error
      }
    },
  }
}

function start({ instance, revision, qualifier }: HeldInstance, argv: readonly string[], tty: boolean) {
  const { sandbox, instanceId, paths } = instance
  if (!sandbox.exec) throw new NoSession('unable')
  const { codeDir, tmpDir } = paths
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    HOME: tmpDir,
    LANG: 'C.UTF-8',
    ...(tty ? { TERM: 'xterm' } : {}),
    ...contractEnvironment(revision, { instanceId, codeDir, qualifier }),
  }
  return sandbox.exec({ argv, env, cwd: codeDir, tty })
}

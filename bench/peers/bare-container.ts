/** A plain `crun run` of one program: what a cold start costs a platform that boots a container for it. */
import { spawn } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { cleanEnvironment, endGroup } from '../lib/children.ts'
import type { Bench } from '../lib/row.ts'

/** Answers how long one run takes, from asking for it until the program has ended. */
export async function bareContainer(
  bench: Bench,
  program: string,
  args: readonly string[],
): Promise<() => Promise<number>> {
  const bundle = join(bench.folder, `bundle-${process.pid}`)
  await writeBundle(bundle, program, args)
  // crun refuses hybrid control groups, so version 2 is taken out of sight, once, in a mount namespace of the shell's own.
  const script = `umount /sys/fs/cgroup/unified 2>/dev/null
    while read -r id; do crun --root "$1/state" --cgroup-manager=disabled run --bundle "$1" "$id" </dev/null >&2; echo "$?"; done`
  const shell = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', bundle], {
    env: cleanEnvironment,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  bench.own(() => endGroup(shell))
  let errors = ''
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000)
  })
  const answers = createInterface({ input: shell.stdout })[Symbol.asyncIterator]()
  let runs = 0
  return async () => {
    const startedMs = performance.now()
    shell.stdin.write(`bench-${process.pid}-${runs++}\n`)
    const { value } = await answers.next()
    if (value !== '0') throw new Error(`crun run ended with ${value}: ${errors}`)
    return performance.now() - startedMs
  }
}

async function writeBundle(bundle: string, program: string, args: readonly string[]): Promise<void> {
  const root = join(bundle, 'root')
  for (const folder of ['usr', 'proc', 'dev', 'program']) await mkdir(join(root, folder), { recursive: true })
  for (const folder of ['bin', 'lib', 'lib64']) await symlink(`usr/${folder}`, join(root, folder))
  const bind = (source: string, destination: string) => ({
    source,
    destination,
    type: 'bind',
    options: ['rbind', 'ro'],
  })
  const config = {
    ociVersion: '1.0.2',
    root: { path: root, readonly: true },
    process: {
      user: { uid: 65_534, gid: 65_534 },
      args: [program.startsWith('/usr/') ? program : program.replace(dirname(program), '/program'), ...args],
      env: ['PATH=/usr/bin:/bin'],
      cwd: '/',
      noNewPrivileges: true,
      capabilities: {},
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      bind('/usr', '/usr'),
      bind(dirname(program), '/program'),
    ],
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type })) },
  }
  await writeFile(join(bundle, 'config.json'), JSON.stringify(config))
}

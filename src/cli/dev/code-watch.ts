/**
 * Tells when the code at a path may have changed: a folder with all below it but what a deployment leaves out, or one
 * file. A moment of quiet is waited for, since editors write, rename and remove files to save one. Folders that come,
 * go, or are replaced by others of the same name are followed.
 */
import { type FSWatcher, watch } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Ignore } from '../deploy/ignore.ts'
import { ignoreRulesOf } from '../deploy/package.ts'

export interface CodeWatch {
  /** Resolves when everything that was there is watched. */
  ready: Promise<void>
  close(): void
}

interface WatchNeeds {
  clock: Clock
  /** Called for changes that belong together once. */
  changed(): void
  /** What cannot be watched, in words for the user. */
  note(problem: string): void
}

/** Each takes an inotify watch of the user's, who has some ten thousand. */
const foldersMax = 4000
const quietMs = 60
/** Who never stops writing is looked at now and then. */
const quietWaitMaxMs = 400

/** What editors write beside a file while they save or edit it. */
const scratchFile = /^4913$|\.sw[a-px]$|~$|^\.#|^#.*#$|___jb_(tmp|old)___$|\.goutputstream-/

export function watchCode(path: string, { clock, changed, note }: WatchNeeds): CodeWatch {
  const watchers = new Map<string, { watcher: FSWatcher; inode: number }>()
  let ignore: Ignore = () => false
  let timer: Cancel | undefined
  let sinceMs: number | undefined
  let closed = false
  const noted = new Set<string>()

  function noteOnce(problem: string): void {
    if (noted.has(problem)) return
    noted.add(problem)
    note(problem)
  }

  function stir(): void {
    if (closed) return
    const nowMs = clock.monotonicMs()
    sinceMs ??= nowMs
    timer?.()
    const leftMs = sinceMs + quietWaitMaxMs - nowMs
    timer = clock.after(Math.max(0, Math.min(quietMs, leftMs)), () => {
      timer = undefined
      sinceMs = undefined
      void scan().then(() => {
        if (!closed) changed()
      })
    })
  }

  function add(folder: string, inode: number, concerns: (name: string) => boolean): void {
    const known = watchers.get(folder)
    if (known?.inode === inode) return
    known?.watcher.close()
    watchers.delete(folder)
    if (closed) return
    if (watchers.size >= foldersMax) {
      noteOnce(
        `${path} has more than ${foldersMax} folders; the rest is not watched. Name what is not code in .fcignore.`,
      )
      return
    }
    try {
      const watcher = watch(folder, (_, name) => {
        if (name === null || concerns(name)) stir()
      })
      // A folder that is gone; what it was is seen by looking again.
      watcher.on('error', stir)
      watchers.set(folder, { watcher, inode })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT') noteOnce(`${folder} cannot be watched: ${(error as Error).message}`)
    }
  }

  /** Looks at what is there and watches that, and nothing else. */
  async function scan(): Promise<void> {
    const seen = new Set<string>()
    const parent = dirname(path)
    const found = await stat(parent).catch(() => undefined)
    if (found) {
      seen.add(parent)
      add(parent, found.ino, (name) => name === basename(path))
    }
    const root = await stat(path).catch(() => undefined)
    if (root?.isDirectory()) {
      ignore = await ignoreRulesOf(path).catch(() => ignore)
      await walk('', root.ino, seen)
    }
    for (const [folder, { watcher }] of watchers) {
      if (seen.has(folder)) continue
      watcher.close()
      watchers.delete(folder)
    }
  }

  async function walk(under: string, inode: number, seen: Set<string>): Promise<void> {
    const folder = join(path, under)
    const within = (name: string) => (under === '' ? name : `${under}/${name}`)
    seen.add(folder)
    add(folder, inode, (name) => {
      // Whether it is a folder is not known any more when it is gone.
      const isLeftOut = ignore(within(name), true) && ignore(within(name), false)
      return /^\.(fc|fun)ignore$/.test(name) || !(scratchFile.test(name) || isLeftOut)
    })
    // What goes while it is looked at is told by the watcher of the folder above.
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!entry.isDirectory() || ignore(within(entry.name), true)) continue
      const found = await lstat(join(folder, entry.name)).catch(() => undefined)
      if (found?.isDirectory()) await walk(within(entry.name), found.ino, seen)
    }
  }

  return {
    ready: scan(),
    close() {
      closed = true
      timer?.()
      for (const { watcher } of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

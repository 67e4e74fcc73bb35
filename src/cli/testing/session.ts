import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { run } from '../run.ts'
import { type ScriptedTerminal, scriptedTerminal } from './scripted-terminal.ts'
import { accessKey, type StandIn, startStandIn } from './stand-in.ts'

export interface Session {
  platform: StandIn
  folder: string
  write(path: string, content: string | Buffer): Promise<void>
  /** Runs a command in the folder, with the key of the stand-in. */
  hanshu(words: string[], input?: string): Promise<Finished>
  terminal(input?: string): ScriptedTerminal
}

export interface Finished {
  exitCode: number
  output: string
  notes: string
}

/** A stand-in of the platform and an empty folder to work in; both are gone after the test. */
export async function session(t: TestContext, size?: { columns: number; rows: number }): Promise<Session> {
  const platform = await startStandIn()
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-cli-'))
  t.after(async () => {
    await platform.close()
    await rm(folder, { recursive: true, force: true })
  })
  const terminal = (input = '') =>
    scriptedTerminal({
      workingDir: folder,
      input,
      ...(size && { size }),
      environment: {
        HANSHU_DATA: join(folder, 'data'),
        HANSHU_ENDPOINT: platform.endpoint,
        HANSHU_ACCESS_KEY_ID: accessKey.accessKeyId,
        HANSHU_ACCESS_KEY_SECRET: accessKey.accessKeySecret,
      },
    })
  return {
    platform,
    folder,
    terminal,
    async write(path, content) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    },
    async hanshu(words, input) {
      const own = terminal(input)
      const exitCode = await run(words, own)
      return { exitCode, output: own.output(), notes: own.notes() }
    },
  }
}

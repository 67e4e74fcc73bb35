/** The commands against Object Storage itself, over memory: what one sends is what the other takes. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { root, runningObjects } from '../../products/objects/objects.testing.ts'
import { run } from '../run.ts'
import { type ScriptedTerminal, scriptedTerminal } from './scripted-terminal.ts'

type Script = Omit<NonNullable<Parameters<typeof scriptedTerminal>[0]>, 'workingDir'>

export async function objectSession(t: TestContext, sizeBytesMax = 64 * 1024 * 1024) {
  const oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore(), sizeBytesMax })
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-cli-'))
  t.after(async () => {
    await oss.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const terminal = ({ environment = {}, ...script }: Script = {}): ScriptedTerminal =>
    scriptedTerminal({
      ...script,
      workingDir: folder,
      environment: {
        HANSHU_DATA: join(folder, 'data'),
        HANSHU_OSS_ENDPOINT: `http://127.0.0.1:${oss.port}`,
        HANSHU_ACCESS_KEY_ID: root.accessKeyId,
        HANSHU_ACCESS_KEY_SECRET: root.accessKeySecret,
        ...environment,
      },
    })
  return {
    oss,
    folder,
    terminal,
    /** `hanshu oss` and so on; what is wrong is in `notes`. */
    async hanshu(words: string[], script: Script = {}) {
      const own = terminal(script)
      const exitCode = await run(['oss', ...words], own)
      return { exitCode, output: own.output(), notes: own.notes(), shown: own.shown }
    },
    async write(path: string, content: string | Buffer) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    },
    read: (path: string): Promise<Buffer> => readFile(join(folder, path)),
  }
}

export type ObjectSession = Awaited<ReturnType<typeof objectSession>>

/** The keys of a bucket, by the command that lists them. */
export async function keysOf({ hanshu }: ObjectSession, bucket: string): Promise<string[]> {
  const { output } = await hanshu(['ls', '-r', `oss://${bucket}`, '--output', 'json'])
  return (JSON.parse(output) as { key: string }[]).map(({ key }) => key)
}

import { rm } from 'node:fs/promises'
import { writeReadyFile } from '../lib/ready-file.ts'
import type { Foundation } from './foundation.ts'
import { edgeDomain } from './http-triggers.ts'
import { portOf } from './listen.ts'
import { version } from './version.ts'

/** Says that the platform is up: to who waits for a file, to the log and to the terminal. */
export async function announceReady(foundation: Foundation): Promise<void> {
  const {
    accountId,
    region,
    driver,
    identity,
    endpoints,
    dataDir,
    readyFiles,
    startedMs,
    clock,
    log,
    closing,
  } = foundation
  for (const file of readyFiles) {
    closing.push(() => rm(file, { force: true }))
    await writeReadyFile(file, {
      pid: process.pid,
      version,
      accountId,
      region,
      ...identity.root,
      sandbox: driver.name,
      endpoints,
    })
  }
  const readyMs = clock.now() - startedMs
  log.info({ endpoints, sandbox: driver.name, dataDir, readyMs }, 'the platform is up')
  process.stdout.write(banner(foundation))
}

function banner({ endpoints, dataDir, driver: { name, isolates } }: Foundation): string {
  return [
    `Hanshu ${version} is up.`,
    `  Function Compute API  ${endpoints['fc']}`,
    `  HTTP triggers         ${endpoints['edge']}   (http://NAME.${edgeDomain}:${portOf(endpoints['edge'])}/)`,
    `  Custom domains        the same by Host, and ${endpoints['edge-tls']} by HTTPS`,
    `  Object Storage        ${endpoints['oss']}`,
    `  Table Store           ${endpoints['ots']}`,
    `  Queues and topics     ${endpoints['mns']}   (MNS)`,
    `  API Gateway           ${endpoints['gateway']}   (management: ${endpoints['apigateway']})`,
    `  Security Tokens       ${endpoints['sts']}`,
    `  Audit trail           ${endpoints['actiontrail']}   (ActionTrail)`,
    `  Access Management     ${endpoints['ram']}   (RAM)`,
    `  sandbox               ${name}${isolates ? '' : '   WARNING: no isolation, for development only'}`,
    `  data                  ${dataDir}   (access key: ready.json)`,
    '  Try: bin/hanshu deploy -t examples/nodejs-hello/s.yaml && bin/hanshu invoke nodejs-hello',
    '',
  ].join('\n')
}

/** Triggers of other products: functions that write down what they are given, and what they wrote down. */
import { createFunction, type Sdk } from '../../clients.fixture.ts'
import { type Platform, until } from '../../platform.fixture.ts'
import { logOf, requestWith } from '../conformance.fixture.ts'

/** Writes each event into its log, base64, beside the id of the request. */
export const recorder = {
  'index.js': `exports.handler = async (event, { requestId }) => {
    console.log('GOT ' + requestId + ' ' + event.toString('base64'))
  }`,
}

export const recordingFunction = (client: Sdk, functionName: string, fields: object = {}): Promise<Sdk> =>
  createFunction(client, { functionName, files: recorder, ...fields })

export const createTrigger = (client: Sdk, functionName: string, fields: object): Promise<Sdk> =>
  client.createTrigger(functionName, requestWith('CreateTrigger', fields))

export interface Got {
  requestId: string
  event: Buffer
}

export const eventsOf = async (platform: Platform, functionName: string): Promise<Got[]> =>
  (await logOf(platform, functionName)).flatMap((line) => {
    const [, requestId, base64] = /GOT (\S+) (\S*)$/.exec(line) ?? []
    return requestId === undefined ? [] : [{ requestId, event: Buffer.from(base64 ?? '', 'base64') }]
  })

export const someEvents = (platform: Platform, functionName: string, count: number): Promise<Got[]> =>
  until(
    async () => {
      const got = await eventsOf(platform, functionName)
      return got.length >= count && got
    },
    { what: `${count} events of ${functionName}` },
  )

/** The whole application on a platform of its own, and people who use it through the gateway. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Platform, startPlatform } from '../../../test/platform.fixture.ts'
import { root } from '../build.ts'
import { deployCity, type RunningCity } from '../deploy-city.ts'
import type { Order, Position } from '../model/order.ts'

export interface Said {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API answered
  body: any
}

export interface Person {
  id: string
  token: string
  get(path: string): Promise<Said>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Said>
}

export interface City extends RunningCity {
  workDir: string
  process: Platform
  ask(path: string, init?: RequestInit): Promise<Said>
  person(role: string, id?: string): Promise<Person>
  /** Kills the platform, and starts one with the same data and ports that differ. */
  restart(): Promise<void>
  remove(): Promise<void>
}

const cityFile = join(root, 'cities/wudaokou.json')

export async function startCity(): Promise<City> {
  const workDir = await mkdtemp(join(tmpdir(), 'hanshu-dispatch-'))
  const dataDir = join(workDir, 'data')
  const environment = { HANSHU_DATA: dataDir }
  const process = await startPlatform({ dataDir, environment })
  const deploy = () => deployCity({ cityFile, dataDir, workDir, say: () => {} })
  const running = await deploy().catch(async (error: unknown) => {
    await process.remove()
    await rm(workDir, { recursive: true, force: true })
    throw error
  })
  const city: City = {
    ...running,
    workDir,
    process,

    async ask(path, init = {}) {
      const answer = await fetch(city.addressByPath + path, init)
      const text = await answer.text()
      let body: unknown = text
      try {
        body = JSON.parse(text)
      } catch {
        // Of the gateway itself: its code is in the headers.
      }
      return { status: answer.status, headers: answer.headers, body }
    },

    async person(role, id = `${role}-${randomUUID().slice(0, 8)}`) {
      const { body } = await city.ask('/demo/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ role, id }),
      })
      const authorization = { authorization: `Bearer ${body.token}` }
      return {
        id,
        token: body.token,
        get: (path) => city.ask(path, { headers: authorization }),
        post: (path, content = {}, headers = {}) =>
          city.ask(path, {
            method: 'POST',
            headers: { ...authorization, 'content-type': 'application/json', ...headers },
            body: JSON.stringify(content),
          }),
      }
    },

    async restart() {
      await city.process.kill()
      city.process = await startPlatform({ dataDir, environment })
      Object.assign(city, await deploy())
    },

    async remove() {
      await city.process.remove()
      await rm(workDir, { recursive: true, force: true })
    },
  }
  return city
}

export const code = ({ headers }: Said): string | null => headers.get('x-ca-error-code')

/** Somewhere on a street of the city. */
export const door: Position = { lng: 116.335, lat: 39.994 }

export async function placed(customer: Person, merchantId = 'm14'): Promise<Order> {
  const { body: shops } = await customer.get('/shops')
  const shop = shops.shops.find((each: { merchantId: string }) => each.merchantId === merchantId)
  const { status, body } = await customer.post(
    '/orders',
    {
      merchantId,
      lines: [{ name: shop.menu[0].name, count: 1 }],
      dropoff: door,
      dropoffAddress: '成府路 1 号',
    },
    { 'idempotency-key': randomUUID() },
  )
  if (status !== 201) throw new Error(`the order was refused: ${status} ${JSON.stringify(body)}`)
  return body.order
}

export interface Pushed {
  id: string
  order: Order
}

/** What a person is pushed, from now on; ends with `close`. */
export async function listen(city: City, { token }: Person, lastEventId?: string) {
  const stop = new AbortController()
  const events: Pushed[] = []
  const answer = await fetch(`${city.addressByPath}/push?token=${token}`, {
    signal: stop.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  })
  const reading = (async () => {
    let rest = ''
    try {
      for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + chunk).split('\n\n')
        rest = parts.pop()!
        for (const part of parts) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? ''
          if (field('event') === 'order')
            events.push({ id: field('id'), order: JSON.parse(field('data')).order })
        }
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
  })()
  return {
    status: answer.status,
    events,
    async close() {
      stop.abort()
      await reading
    },
  }
}

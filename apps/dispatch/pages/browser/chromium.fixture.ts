/** Chromium for the tests of the pages, and what is looked at in each of them: what the console said, and where requests went. */
import { existsSync } from 'node:fs'
import { after, afterEach, before } from 'node:test'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { type CityServer, cityServer } from './server.fixture.ts'

const PATH = process.env['HANSHU_CHROMIUM'] ?? '/usr/bin/chromium'

/** For `test(…, { skip })`: why there is nothing to test with, else false. */
export const skip = existsSync(PATH)
  ? false
  : `THE PAGES WERE NOT TESTED: there is no Chromium at ${PATH}. On Debian: apt-get install chromium; else HANSHU_CHROMIUM=/path`

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Visit {
  page: Page
  server: CityServer
  /** What the console and the pages complained of. */
  complaints: string[]
  /** Origins that were asked for something. */
  origins: Set<string>
}

export interface Visitors {
  visit(path: string, options?: BrowserContextOptions & { riders?: number }): Promise<Visit>
  /** One more page in the same city. */
  join(visit: Visit, path: string, options?: BrowserContextOptions): Promise<Visit>
}

/** Busy machines take long; what never comes fails all the same. */
const PATIENCE_MS = 90_000

/** A Chromium for the tests of a file; what a test opened ends with the test. */
export function visitors(): Visitors {
  let browser: Browser
  let servers: CityServer[] = []
  let contexts: BrowserContext[] = []
  before(async () => {
    if (skip) return
    browser = await chromium.launch({ executablePath: PATH, args: ARGUMENTS })
  })
  after(async () => {
    if (skip) {
      console.error(skip)
      return
    }
    await browser.close()
  })
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()))
    await Promise.all(servers.map((server) => server.stop()))
    contexts = []
    servers = []
  })

  async function open(server: CityServer, path: string, options: BrowserContextOptions): Promise<Visit> {
    const context = await browser.newContext({
      locale: 'en-GB',
      viewport: { width: 390, height: 844 },
      ...options,
    })
    contexts.push(context)
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    const visit: Visit = { page, server, complaints: [], origins: new Set() }
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') visit.complaints.push(message.text())
    })
    page.on('pageerror', (error) => visit.complaints.push(String(error.stack)))
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url())
      if (protocol !== 'blob:' && protocol !== 'data:') visit.origins.add(origin)
    })
    await page.goto(server.url + path)
    return visit
  }

  return {
    async visit(path, { riders = 12, ...options } = {}) {
      const server = await cityServer({ riders })
      servers.push(server)
      return open(server, path, options)
    },
    join: ({ server }, path, options = {}) => open(server, path, options),
  }
}

/** Signs in as whoever is offered at the door. */
export async function enter({ page }: Visit): Promise<void> {
  await page.locator('form.door button[type=submit]:enabled').click()
  await page.locator('form.door').waitFor({ state: 'detached' })
}

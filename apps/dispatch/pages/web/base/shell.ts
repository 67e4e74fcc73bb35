/**
 * What all pages have around them: heading, languages, colours, who is signed in, what was said and what went wrong.
 * A page is given a `Shell` once somebody is signed in, and answers what is to be seen.
 */
import { type Api, ApiFailure, apiAt } from '../api/client.ts'
import type { Role } from '../api/contract.ts'
import type { FeedState } from '../api/feed.ts'
import { keepSession, keptSession, type Session } from '../api/session.ts'
import { type Format, formatFor } from './format.ts'
import { LANGUAGES, type Language, languageOf, tagOf } from './language.ts'
import { signIn } from './sign-in.ts'
import { type TextKey, textIn, type Words } from './text.ts'
import { draw, h, type Picture } from './view.ts'

export interface Shell {
  api: Api
  session: Session
  words(): Words
  format(): Format
  /** By the server's clock. */
  nowMs(): number
  after(ms: number, then: () => void): () => void
  /** Draws the page soon. */
  update(): void
  /** Does what somebody asked for and says so if it fails. */
  act(name: string, work: () => Promise<void>): void
  /** Whether an act of that name is under way. */
  isBusy(name: string): boolean
  say(text: string): void
  setFeed(state: FeedState): void
  setTitle(title: string | undefined): void
  /** The token is no longer good. */
  end(): void
}

export interface PageView {
  /** Drawn at every update. */
  view(): Picture
  close(): void
}

export type Start = (shell: Shell) => PageView

const PAGES: readonly { role: Role; path: string }[] = [
  { role: 'customer', path: './' },
  { role: 'merchant', path: 'merchant' },
  { role: 'rider', path: 'rider' },
  { role: 'operations', path: 'operations' },
]

/** Countdowns go by the second. */
const TICK_MS = 1_000
const NOTICE_MS = 6_000
const NOTICES_MAX = 3

type Theme = 'auto' | 'light' | 'dark'
const THEMES: readonly Theme[] = ['auto', 'light', 'dark']
const THEME_SIGNS: Readonly<Record<Theme, string>> = { auto: '◐', light: '☀', dark: '☾' }

export function startPage(role: Role, start: Start): void {
  const root = document.getElementById('page')!
  let language: Language = languageOf(recall('language'), navigator.languages)
  let theme: Theme = THEMES.find((known) => known === recall('theme')) ?? 'auto'
  let words = textIn(language)
  let format = formatFor(language)
  let session = keptSession(role, sessionStorage)
  let page: PageView | undefined
  let feed: FeedState | undefined
  let title: string | undefined
  let hasEnded = false
  let isDue = false
  let notices: { id: number; text: string; isFailure: boolean }[] = []
  let lastNotice = 0
  const busy = new Set<string>()

  const api = apiAt({
    fetch: (...given) => fetch(...given),
    base: new URL('./', location.href).href,
    token: () => session?.token,
    nowMs: () => Date.now(),
  })
  const nowMs = () => Date.now() + api.clockAheadMs()

  function after(ms: number, then: () => void): () => void {
    const timer = setTimeout(then, ms)
    return () => clearTimeout(timer)
  }

  function update(): void {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      paint()
    }, 0)
  }

  function notify(text: string, isFailure: boolean): void {
    lastNotice += 1
    const id = lastNotice
    notices = [...notices.filter((notice) => notice.text !== text), { id, text, isFailure }].slice(
      -NOTICES_MAX,
    )
    after(NOTICE_MS, () => {
      notices = notices.filter((notice) => notice.id !== id)
      update()
    })
    update()
  }

  async function run(name: string, work: () => Promise<void>): Promise<void> {
    if (busy.has(name)) return
    busy.add(name)
    update()
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ApiFailure)) {
        notify(words.t('app.broken'), true)
        throw error
      }
      if (error.status === 401 && session) end()
      else notify(explain(words, error), true)
    } finally {
      busy.delete(name)
      update()
    }
  }
  const act = (name: string, work: () => Promise<void>) => void run(name, work)
  const isBusy = (name: string) => busy.has(name)

  function begin(next: Session): void {
    session = next
    keepSession(role, sessionStorage, next)
    hasEnded = false
    page = start({
      api,
      session: next,
      words: () => words,
      format: () => format,
      nowMs,
      after,
      update,
      act,
      isBusy,
      say: (text) => notify(text, false),
      setFeed(state) {
        feed = state
        update()
      },
      setTitle(next) {
        title = next
      },
      end,
    })
    update()
  }

  function signOut(): void {
    page?.close()
    page = undefined
    session = undefined
    feed = undefined
    title = undefined
    keepSession(role, sessionStorage, undefined)
    update()
  }

  function end(): void {
    signOut()
    hasEnded = true
  }

  const door = signIn({ role, api, act, isBusy, update, begin, words: () => words })

  function paint(): void {
    document.documentElement.lang = tagOf(language)
    document.documentElement.dataset['theme'] = theme
    const content = contentOf()
    document.title = `${title ? `${title} · ` : ''}${words.t(`page.${role}`)} · ${words.t('app.name')}`
    draw(
      root,
      [
        h('a', { class: 'skip', href: '#main' }, words.t('app.skip')),
        header(),
        (feed === 'offline' || feed === 'polling') &&
          h(
            'p',
            { class: `banner banner-${feed}`, role: 'status', key: 'banner' },
            words.t(`feed.${feed}.long`),
          ),
        h('main', { id: 'main', class: `page page-${role}`, tabindex: '-1' }, content),
        h(
          'div',
          { class: 'notices', role: 'log', 'aria-live': 'polite' },
          notices.map(({ id, text, isFailure }) =>
            h('p', { key: id, class: isFailure ? 'notice notice-failure' : 'notice' }, text),
          ),
        ),
      ].filter((child) => child !== false),
    )
  }

  /** A picture that fails is a defect; it is said, on the console why, and drawn again at the next occasion. */
  function contentOf(): Picture {
    try {
      return session && page ? page.view() : door.view(hasEnded)
    } catch (error) {
      console.error(error)
      return h('p', { class: 'card empty', role: 'alert', key: 'broken' }, words.t('app.broken'))
    }
  }

  function header(): Picture {
    return h(
      'header',
      { class: 'top' },
      h('span', { class: 'brand' }, words.t('app.name')),
      h(
        'nav',
        { 'aria-label': words.t('app.pages') },
        PAGES.map((known) =>
          h(
            'a',
            { href: known.path, class: 'tab', 'aria-current': known.role === role ? 'page' : undefined },
            words.t(`page.${known.role}`),
          ),
        ),
      ),
      h(
        'div',
        { class: 'top-end' },
        feed &&
          h(
            'span',
            { class: `feed feed-${feed}`, title: words.t(`feed.${feed}.long`) },
            words.t(`feed.${feed}`),
          ),
        LANGUAGES.filter((known) => known.language !== language).map((known) =>
          h(
            'button',
            {
              type: 'button',
              class: 'quiet',
              lang: known.tag,
              key: known.language,
              click: () => speak(known.language),
            },
            known.name,
          ),
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            key: 'theme',
            title: words.t(`theme.${theme}`),
            'aria-label': words.t(`theme.${theme}`),
            click: () => colour(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!),
          },
          THEME_SIGNS[theme],
        ),
        session &&
          h(
            'button',
            { type: 'button', class: 'quiet', key: 'out', title: session.id, click: signOut },
            words.t('app.signOut'),
          ),
      ),
    )
  }

  function speak(next: Language): void {
    language = next
    words = textIn(language)
    format = formatFor(language)
    keep('language', next)
    update()
  }

  function colour(next: Theme): void {
    theme = next
    keep('theme', next)
    update()
  }

  if (session) begin(session)
  setInterval(() => {
    if (document.visibilityState === 'visible') update()
  }, TICK_MS)
  addEventListener('pagehide', () => page?.close())
  // A page that comes back from the browser's memory begins anew.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload()
  })
  paint()
}

const CODES: ReadonlySet<string> = new Set([
  'InvalidArgument',
  'Unauthorized',
  'Forbidden',
  'NotFound',
  'StateConflict',
  'TooManyRequests',
  'TryAgain',
  'Unreachable',
])

/** What went wrong, and what can be done. */
export function explain({ t }: Words, failure: ApiFailure): string {
  if (!CODES.has(failure.code)) return t('failure.other', { code: failure.code, message: failure.message })
  const said = t(`failure.${failure.code}` as TextKey)
  return failure.code === 'InvalidArgument' ? `${said} (${failure.message})` : said
}

function recall(name: string): string | null {
  try {
    return localStorage.getItem(`dispatch.${name}`)
  } catch {
    // Storage may be forbidden: then the browser's own settings count.
    return null
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`dispatch.${name}`, value)
  } catch {
    // As above: the choice lasts as long as the page.
  }
}

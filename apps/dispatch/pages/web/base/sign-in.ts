/** The door: who one is, as a demonstration lets anybody be anybody; elsewhere by a token that was got otherwise. */
import { type Api, ApiFailure } from '../api/client.ts'
import type { Role, Shop } from '../api/contract.ts'
import type { Session } from '../api/session.ts'
import type { Words } from './text.ts'
import { h, type Picture } from './view.ts'

export interface Door {
  view(hasEnded: boolean): Picture
}

export function signIn({
  role,
  api,
  act,
  isBusy,
  update,
  begin,
  words,
}: {
  role: Role
  api: Api
  act: (name: string, work: () => Promise<void>) => void
  isBusy: (name: string) => boolean
  update: () => void
  begin: (session: Session) => void
  words: () => Words
}): Door {
  let id = role === 'operations' ? 'operations' : role === 'merchant' ? '' : `${role}-${fourDigits()}`
  let token = ''
  let hasDemo = true
  let shops: Shop[] | undefined
  let areShopsAsked = false

  const sessionFor = (as: Role, whom: string) =>
    api.post<{ token: string }>('demo/session', { role: as, id: whom })

  function enter(): void {
    act('sign-in', async () => {
      try {
        begin({ id, token: (await sessionFor(role, id)).token })
      } catch (error) {
        if (!(error instanceof ApiFailure) || error.status !== 404) throw error
        hasDemo = false
        update()
      }
    })
  }

  /** Merchants are chosen from the shops, which any customer may see. */
  function askForShops(): void {
    areShopsAsked = true
    act('sign-in-shops', async () => {
      try {
        const visitor = await sessionFor('customer', 'visitor')
        const headers = { authorization: `Bearer ${visitor.token}` }
        const response = await fetch(api.address('shops'), { headers })
        if (!response.ok) throw new ApiFailure('Unexpected', response.status, response.statusText)
        shops = ((await response.json()) as { shops: Shop[] }).shops
        id = id === '' ? (shops[0]?.merchantId ?? '') : id
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 404) hasDemo = false
        else throw error
      }
    })
  }

  function who(): Picture {
    const { t } = words()
    if (role === 'merchant' && shops && shops.length > 0) {
      return h(
        'label',
        { class: 'field' },
        t('signIn.shop'),
        h(
          'select',
          {
            value: id,
            change: (event: Event) => {
              id = (event.target as HTMLSelectElement).value
            },
          },
          shops.map((shop) => h('option', { key: shop.merchantId, value: shop.merchantId }, shop.name)),
        ),
      )
    }
    return h(
      'label',
      { class: 'field' },
      t('signIn.id'),
      h('input', {
        value: id,
        required: true,
        maxlength: 64,
        autocomplete: 'off',
        spellcheck: 'false',
        input: (event: Event) => {
          id = (event.target as HTMLInputElement).value.trim()
        },
      }),
    )
  }

  return {
    view(hasEnded) {
      const { t } = words()
      if (role === 'merchant' && hasDemo && !areShopsAsked) askForShops()
      const submit = (event: Event) => {
        event.preventDefault()
        if (hasDemo) enter()
        else begin({ id, token })
      }
      return h(
        'form',
        { class: 'card door', key: 'door', submit },
        h('h1', {}, t(`page.${role}`)),
        h('p', { class: 'soft' }, t(`signIn.about.${role}`)),
        hasEnded && h('p', { class: 'warning', role: 'alert' }, t('signIn.ended')),
        hasDemo
          ? role !== 'operations' && who()
          : [
              h('p', { class: 'warning', role: 'alert' }, t('signIn.noDemo')),
              h(
                'label',
                { class: 'field' },
                t('signIn.token'),
                h('input', {
                  type: 'password',
                  value: token,
                  required: true,
                  autocomplete: 'off',
                  input: (event: Event) => {
                    token = (event.target as HTMLInputElement).value.trim()
                  },
                }),
              ),
            ],
        h(
          'button',
          { type: 'submit', class: 'main', disabled: isBusy('sign-in') || isBusy('sign-in-shops') },
          isBusy('sign-in') ? t('app.wait') : t('signIn.go'),
        ),
      )
    },
  }
}

/** So that two who try it out are rarely the same; nothing depends on it. */
function fourDigits(): string {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1))
  return String(1000 + (number % 9000))
}

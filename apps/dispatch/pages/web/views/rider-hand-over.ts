/** At the customer's door: a photo, straight into the bucket by an address that was signed for it, and the last step. */
import { ApiFailure } from '../api/client.ts'
import type { Order, RideStep } from '../api/contract.ts'
import type { PageOrders } from '../base/orders-feed.ts'
import type { Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'

export interface HandOver {
  view(order: Order): Picture
  close(): void
}

const PHOTO_BYTES_MAX = 10_000_000
const PHOTO_TYPES = ['image/jpeg', 'image/png', 'image/webp']
const UPLOAD_MS_MAX = 60_000

interface Photo {
  file: File
  preview: string
  isUploaded: boolean
}

export function handOver(
  shell: Shell,
  orders: PageOrders,
  step: (order: Order, next: RideStep) => void,
): HandOver {
  const photos = new Map<string, Photo>()

  function choose(order: Order, file: File | undefined): void {
    const { t } = shell.words()
    if (!file) return
    if (!PHOTO_TYPES.includes(file.type) || file.size > PHOTO_BYTES_MAX) {
      shell.say(t(file.size > PHOTO_BYTES_MAX ? 'photo.size' : 'photo.type'))
      return
    }
    forget(order.orderId)
    photos.set(order.orderId, { file, preview: URL.createObjectURL(file), isUploaded: false })
    upload(order)
  }

  function upload(order: Order): void {
    const photo = photos.get(order.orderId)
    if (!photo) return
    shell.act(`photo ${order.orderId}`, async () => {
      const contentType = photo.file.type
      const path = `orders/${encodeURIComponent(order.orderId)}/photos`
      const url = await shell.api.post<{ url: string; key: string }>(path, { contentType }).then(
        (answer) => answer.url,
        (error: unknown) => {
          if (error instanceof ApiFailure && error.status === 409) return undefined
          throw error
        },
      )
      if (url === undefined) {
        shell.say(shell.words().t('photo.unavailable'))
        return
      }
      let response: Response
      try {
        response = await fetch(url, {
          method: 'PUT',
          headers: { 'content-type': contentType },
          body: photo.file,
          signal: AbortSignal.timeout(UPLOAD_MS_MAX),
        })
      } catch (error) {
        throw new ApiFailure('Unreachable', 0, String(error), error)
      }
      if (!response.ok) throw new ApiFailure('PhotoRefused', response.status, response.statusText)
      photo.isUploaded = true
      orders.refresh()
    })
  }

  function forget(orderId: string): void {
    const photo = photos.get(orderId)
    if (photo) URL.revokeObjectURL(photo.preview)
    photos.delete(orderId)
  }

  function view(order: Order): Picture {
    const { t } = shell.words()
    const photo = photos.get(order.orderId)
    const isBusy = shell.isBusy(`photo ${order.orderId}`)
    const isRiding = shell.isBusy(`ride ${order.orderId}`)
    return h(
      'div',
      { class: 'hand-over', key: 'hand-over' },
      photo && h('img', { class: 'photo', src: photo.preview, alt: t('photo.alt') }),
      photo &&
        h(
          'p',
          { class: 'soft small', role: 'status' },
          t(isBusy ? 'photo.sending' : photo.isUploaded ? 'photo.sent' : 'photo.unsent'),
        ),
      h(
        'label',
        { class: photo ? 'button' : 'button main' },
        t(photo ? 'photo.other' : 'photo.take'),
        h('input', {
          type: 'file',
          class: 'unseen',
          accept: PHOTO_TYPES.join(','),
          capture: 'environment',
          disabled: isBusy,
          change: (event: Event) => {
            const input = event.target as HTMLInputElement
            choose(order, input.files?.[0])
            input.value = ''
          },
        }),
      ),
      photo &&
        !photo.isUploaded &&
        !isBusy &&
        h('button', { type: 'button', key: 'again', click: () => upload(order) }, t('photo.again')),
      h(
        'button',
        {
          type: 'button',
          key: 'delivered',
          class: photo?.isUploaded ? 'main' : '',
          disabled: isBusy || isRiding,
          click: () => step(order, 'delivered'),
        },
        t(photo?.isUploaded ? 'ride.delivered' : 'ride.deliveredWithout'),
      ),
    )
  }

  return {
    view,
    close() {
      for (const orderId of photos.keys()) forget(orderId)
    },
  }
}

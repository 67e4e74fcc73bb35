/** Google's encoded polyline: differences of whole numbers, five bits in each character. */
import type { Position } from '../../model/order.ts'

export function encoded(points: readonly Position[], digits: number): string {
  const scale = 10 ** digits
  let text = ''
  let before = { lng: 0, lat: 0 }
  for (const point of points) {
    const here = { lng: Math.round(point.lng * scale), lat: Math.round(point.lat * scale) }
    text += number(here.lat - before.lat) + number(here.lng - before.lng)
    before = here
  }
  return text
}

function number(value: number): string {
  let left = value < 0 ? ~(value << 1) : value << 1
  let text = ''
  for (; left >= 0x20; left >>= 5) text += String.fromCharCode((0x20 | (left & 0x1f)) + 63)
  return text + String.fromCharCode(left + 63)
}

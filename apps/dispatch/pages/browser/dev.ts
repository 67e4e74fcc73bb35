/** The pages on the fixture city, to look at while they are worked on: `node apps/dispatch/pages/browser/dev.ts [port]`. */
import { cityServer } from './server.fixture.ts'

const server = await cityServer({ port: Number(process.argv[2] ?? 8088), riders: 40 })
const { city } = server
let number = 0
setInterval(() => {
  city.tick()
  number += 1
  if (number % 3 !== 0 || city.orders.size > 400) return
  const shop = city.shops[number % city.shops.length]!
  const lines = [{ name: shop.menu[0]!.name, count: 1 }]
  const dropoff = {
    lng: 121.4737 + 0.012 * Math.cos(number * 1.3),
    lat: 31.2304 + 0.009 * Math.sin(number * 2.1),
  }
  const body = { merchantId: shop.merchantId, lines, dropoff, dropoffAddress: `南京路 ${number} 号` }
  city.change(city.place(`c-${number}`, String(number), body), { state: 'PAID' })
}, 1_000)
console.log(`The pages are at ${server.url}`)

/** Our own engine as a provider. */
import { instruction } from '../amap/words.ts'
import type { CityMap } from '../city-map.ts'
import type { MapProvider } from './provider.ts'

const SNAP_METRES = 2000
const STREET_METRES = 1000

export function ownProvider(city: CityMap): MapProvider {
  const snap = (position: { lng: number; lat: number }) =>
    city.network().nearest(position, { withinMetres: SNAP_METRES })
  return {
    name: 'own',
    async ride(from, to) {
      const begin = snap(from)
      const end = snap(to)
      if (begin === undefined || end === undefined) return undefined
      const route = city.network().route(begin.place, end.place)
      if (route === undefined) return undefined
      const { ms, metres, points, steps } = route
      return {
        ms,
        metres,
        points,
        steps: steps.map((step, at) => ({
          roadName: step.roadName,
          metres: step.metres,
          ms: step.ms,
          instruction: instruction(step, steps[at + 1], 'riding'),
        })),
      }
    },
    async distances(origins, destination) {
      const to = snap(destination)
      const from = origins.map(snap)
      const known = from.flatMap((one) => (one === undefined ? [] : [one.place]))
      if (to === undefined) return origins.map(() => undefined)
      const { ms, metres } = city.network().matrix(known, [to.place])
      let row = 0
      return from.map((one) => {
        if (one === undefined) return undefined
        const cell = row++
        return ms[cell] === Number.POSITIVE_INFINITY ? undefined : { ms: ms[cell]!, metres: metres[cell]! }
      })
    },
    async address(position) {
      const { province, city: cityName, district } = city.region
      const street = city.network().roadsNear(position, STREET_METRES)[0]?.roadName ?? ''
      return { text: `${province}${cityName}${district}${street}`, street }
    },
  }
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bd09ToGcj02, fromGcj02, toGcj02 } from './gcj02.ts'

describe('GCJ-02', () => {
  it('shifts as other converters do', () => {
    const { lng, lat } = toGcj02({ lng: 121.4737, lat: 31.2304 })
    assert.equal(lng.toFixed(6), '121.478223')
    assert.equal(lat.toFixed(6), '31.228458')
  })

  it('comes back from everywhere in China to within a millimetre', () => {
    const inChina = fc.record({
      lng: fc.double({ min: 73, max: 135, noNaN: true }),
      lat: fc.double({ min: 18, max: 53.5, noNaN: true }),
    })
    fc.assert(
      fc.property(inChina, (position) => {
        const back = fromGcj02(toGcj02(position))
        assert.ok(Math.abs(back.lng - position.lng) < 1e-8 && Math.abs(back.lat - position.lat) < 1e-8)
      }),
    )
  })

  it('leaves alone what is not in China', () => {
    const monaco = { lng: 7.42, lat: 43.73 }
    assert.deepEqual(toGcj02(monaco), monaco)
    assert.deepEqual(fromGcj02(monaco), monaco)
  })

  it('takes away the bend of BD-09', () => {
    const { lng, lat } = bd09ToGcj02({ lng: 116.404, lat: 39.915 })
    assert.equal(lng.toFixed(5), '116.39763')
    assert.equal(lat.toFixed(5), '39.90866')
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fitted, fromScreen, moved, tilesOf, toScreen, type Viewport, ZOOM_MAX, zoomed } from './viewport.ts'

const view: Viewport = { middle: { lng: 121.47, lat: 31.23 }, zoom: 14, widthPx: 400, heightPx: 300 }
const near = (a: number, b: number, by = 1e-6) => assert.ok(Math.abs(a - b) <= by, `${a} is not near ${b}`)

const views = fc.record({
  middle: fc.record({
    lng: fc.double({ min: -170, max: 170, noNaN: true }),
    lat: fc.double({ min: -70, max: 70, noNaN: true }),
  }),
  zoom: fc.double({ min: 8, max: 18, noNaN: true }),
  widthPx: fc.integer({ min: 50, max: 2000 }),
  heightPx: fc.integer({ min: 50, max: 2000 }),
})
const pixels = fc.record({ x: fc.integer({ min: 0, max: 400 }), y: fc.integer({ min: 0, max: 300 }) })

test('the middle is in the middle', () => {
  const { x, y } = toScreen(view, view.middle)
  near(x, 200)
  near(y, 150)
})

test('whatever lies under a finger stays under it when it moves, and under the pointer when it zooms', () => {
  fc.assert(
    fc.property(views, pixels, fc.double({ min: -2, max: 2, noNaN: true }), (any, at, by) => {
      const held = fromScreen(any, at)
      const after = toScreen(moved(any, { x: 30, y: -20 }), held)
      near(after.x, at.x + 30, 1e-3)
      near(after.y, at.y - 20, 1e-3)
      const closer = toScreen(zoomed(any, by, at), held)
      near(closer.x, at.x, 1e-3)
      near(closer.y, at.y, 1e-3)
    }),
  )
})

test('all that is to be seen of a city is seen, with its margin', () => {
  fc.assert(
    fc.property(
      views.filter(({ widthPx, heightPx }) => widthPx >= 150 && heightPx >= 150),
      fc.array(
        fc.record({
          lng: fc.double({ min: 121, max: 121.2, noNaN: true }),
          lat: fc.double({ min: 31, max: 31.2, noNaN: true }),
        }),
        { minLength: 1, maxLength: 20 },
      ),
      (any, positions) => {
        const whole = fitted(any, positions)
        assert.ok(whole.zoom <= 16)
        for (const position of positions) {
          const { x, y } = toScreen(whole, position)
          assert.ok(x >= 47.9 && x <= any.widthPx - 47.9, `${x}`)
          assert.ok(y >= 47.9 && y <= any.heightPx - 47.9, `${y}`)
        }
      },
    ),
  )
})

test('nothing to be seen changes nothing; zooming ends at its ends', () => {
  assert.equal(fitted(view, []), view)
  assert.equal(zoomed(view, 99, { x: 0, y: 0 }).zoom, ZOOM_MAX)
})

test('tiles cover the map, each once, nearest to the middle first', () => {
  fc.assert(
    fc.property(views, (any) => {
      const tiles = tilesOf(any)
      assert.equal(new Set(tiles.map(({ x, y }) => `${x}/${y}`)).size, tiles.length)
      for (const [x, y] of [
        [0, 0],
        [any.widthPx - 1, any.heightPx - 1],
      ] as const) {
        const covers = tiles.some(
          ({ left, top, sizePx }) => left <= x && x <= left + sizePx && top <= y && y <= top + sizePx,
        )
        assert.ok(covers, `${x},${y}`)
      }
    }),
  )
  const [first] = tilesOf(view)
  assert.ok(first && first.left <= 200 && first.left + first.sizePx >= 200)
})

test('beyond the edge of the world there are no tiles', () => {
  const edge: Viewport = { middle: { lng: 0, lat: 0 }, zoom: 3, widthPx: 5000, heightPx: 5000 }
  assert.equal(tilesOf(edge).length, 64)
})

/** The ground of a map: the tiles that cover it, and those that were there before until the new ones have come. */
import { project, TILE_PX } from './mercator.ts'
import { tilesOf, type Viewport } from './viewport.ts'

export interface TileLayer {
  show(view: Viewport): void
}

/** With what is left from earlier zooms; what is beyond is taken out, oldest first. */
const TILES_MAX = 160

interface Shown {
  z: number
  x: number
  y: number
  image: HTMLImageElement
  isLoaded: boolean
}

export function tileLayer(
  layer: HTMLElement,
  {
    address,
    onMissing,
  }: { address: (z: number, x: number, y: number) => string; onMissing: (isMissing: boolean) => void },
): TileLayer {
  const shown = new Map<string, Shown>()

  function add(z: number, x: number, y: number, name: string): void {
    const image = document.createElement('img')
    const tile: Shown = { z, x, y, image, isLoaded: false }
    image.alt = ''
    image.draggable = false
    image.addEventListener('load', () => {
      tile.isLoaded = true
      image.classList.add('there')
      onMissing(false)
    })
    image.addEventListener('error', () => {
      // Taken out, so that it is asked for again the next time the map moves.
      shown.delete(name)
      image.remove()
      onMissing(true)
    })
    image.src = address(z, x, y)
    shown.set(name, tile)
    layer.append(image)
  }

  function place({ z, x, y, image }: Shown, view: Viewport): void {
    const sizePx = TILE_PX * 2 ** (view.zoom - z)
    const middle = project(view.middle, view.zoom)
    const left = x * sizePx - middle.x + view.widthPx / 2
    const top = y * sizePx - middle.y + view.heightPx / 2
    image.style.width = `${sizePx}px`
    image.style.height = `${sizePx}px`
    image.style.transform = `translate(${left}px, ${top}px)`
  }

  return {
    show(view) {
      const wanted = new Set<string>()
      let isWhole = true
      for (const { z, x, y } of tilesOf(view)) {
        const name = `${z}/${x}/${y}`
        wanted.add(name)
        if (!shown.has(name)) add(z, x, y, name)
        if (!shown.get(name)?.isLoaded) isWhole = false
      }
      const z = Math.round(view.zoom)
      for (const [name, tile] of shown) {
        if (wanted.has(name)) continue
        const isOfUse = tile.isLoaded && (tile.z === z || !isWhole)
        if (isOfUse && shown.size <= TILES_MAX) continue
        shown.delete(name)
        tile.image.remove()
      }
      for (const tile of shown.values()) place(tile, view)
    },
  }
}

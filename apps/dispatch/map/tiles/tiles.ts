/** Tiles, each drawn once as long as there is room to keep it. */
import type { RoadNetwork } from '../road-network.ts'
import type { TileName } from './mercator.ts'
import { drawTile } from './tile.ts'

export const ZOOM_MIN = 8
export const ZOOM_MAX = 19

/** Some thousand tiles; the one that was not asked for the longest makes room. */
const KEPT_CHARACTERS_MAX = 32 * 1024 * 1024

/** Undefined for what is no tile. */
export function tileName(path: string): TileName | undefined {
  const parts = /^\/tiles\/(\d{1,2})\/(\d{1,7})\/(\d{1,7})\.svg$/.exec(path)
  if (parts === null) return undefined
  const [z, x, y] = parts.slice(1).map(Number) as [number, number, number]
  const count = 2 ** z
  return z >= ZOOM_MIN && z <= ZOOM_MAX && x < count && y < count ? { z, x, y } : undefined
}

export class Tiles {
  readonly #network: RoadNetwork
  readonly #keptMax: number
  readonly #kept = new Map<string, string>()
  #characters = 0

  constructor(network: RoadNetwork, keptCharactersMax = KEPT_CHARACTERS_MAX) {
    this.#network = network
    this.#keptMax = keptCharactersMax
  }

  get(name: TileName): string {
    const key = `${name.z}/${name.x}/${name.y}`
    const known = this.#kept.get(key)
    if (known !== undefined) this.#drop(key, known)
    const tile = known ?? drawTile(this.#network, name)
    this.#kept.set(key, tile)
    this.#characters += tile.length
    for (const [oldest, text] of this.#kept) {
      if (this.#characters <= this.#keptMax) break
      this.#drop(oldest, text)
    }
    return tile
  }

  get keptCharacters(): number {
    return this.#characters
  }

  #drop(key: string, tile: string): void {
    this.#kept.delete(key)
    this.#characters -= tile.length
  }
}

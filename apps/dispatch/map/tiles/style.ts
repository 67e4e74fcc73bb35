/** How roads are drawn. */
import type { RoadClass } from '../graph/road-graph.ts'

export const BACKGROUND = '#f4f2ec'
export const NAME_COLOUR = '#4a4a4a'

interface Look {
  colour: string
  /** Around it. */
  casing: string
  /** Pixels at zoom 16; half as wide for each zoom further out, down to a hair. */
  width: number
  fromZoom: number
  dashed?: boolean
}

const road = (colour: string, casing: string, width: number, fromZoom: number): Look => ({
  colour,
  casing,
  width,
  fromZoom,
})

export const LOOKS: Readonly<Record<RoadClass, Look>> = {
  motorway: road('#e8a090', '#c46a55', 13, 8),
  trunk: road('#f1b48c', '#cc8450', 13, 8),
  primary: road('#f8d58f', '#d3a246', 13, 9),
  secondary: road('#fbeaa9', '#cfb457', 11, 10),
  tertiary: road('#ffffff', '#bdb8aa', 10, 12),
  unclassified: road('#ffffff', '#c8c4b8', 8, 13),
  residential: road('#ffffff', '#c8c4b8', 8, 13),
  living_street: road('#f0eeee', '#c8c4b8', 7, 14),
  service: road('#ffffff', '#d4d0c6', 4.5, 15),
  cycleway: { ...road('#7d9fd6', 'none', 2, 14), dashed: true },
  track: { ...road('#b59a6a', 'none', 2, 15), dashed: true },
  path: { ...road('#c08f7f', 'none', 1.6, 15), dashed: true },
  pushed: { ...road('#d59a8c', 'none', 1.6, 15), dashed: true },
}

export const NAMES_FROM_ZOOM = 15

export const widthAt = (look: Look, z: number): number => Math.max(0.7, look.width * 2 ** (0.8 * (z - 16)))

/** What a map shows beside the ground. */
import type { Position } from '../api/contract.ts'
import type { Picture } from '../base/view.ts'
import type { Way } from './way.ts'

export interface Marker {
  id: string
  position: Position
  /** How it looks: a class of the style sheet. */
  kind: 'shop' | 'home' | 'rider' | 'me'
  label: string
  picture: Picture
}

export interface MapLine {
  way: Way
  kind: 'way' | 'ahead' | 'faint' | 'straight'
}

export interface Point {
  id: string
  position: Position
  kind: 'idle' | 'busy' | 'waiting' | 'late' | 'shop'
  isChosen: boolean
}

export interface MapContent {
  markers: readonly Marker[]
  lines: readonly MapLine[]
  points: readonly Point[]
}

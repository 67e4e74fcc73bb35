/** Points of the earth, taken as a sphere: distances in metres, boxes and polygons in degrees. */
export interface GeoPoint {
  latitude: number
  longitude: number
}

/** Degrees; the western edge may be the greater, in a box that crosses the 180th meridian. */
export interface GeoBox {
  north: number
  south: number
  west: number
  east: number
}

/** The mean radius that is usual for such distances. */
const EARTH_RADIUS_M = 6_371_008.7714

const radians = (degrees: number): number => (degrees * Math.PI) / 180
const degrees = (angle: number): number => (angle * 180) / Math.PI

/** Along a great circle, in metres. */
export function distanceM(a: GeoPoint, b: GeoPoint): number {
  const sinLatitude = Math.sin(radians(b.latitude - a.latitude) / 2)
  const sinLongitude = Math.sin(radians(b.longitude - a.longitude) / 2)
  const half =
    sinLatitude * sinLatitude +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * sinLongitude * sinLongitude
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** A box that holds every point within this distance; it may hold others. */
export function boxAround({ latitude, longitude }: GeoPoint, radiusM: number): GeoBox {
  const angle = radiusM / EARTH_RADIUS_M
  // Wider by a little than what the rounding of these steps may have lost.
  const wider = (some: number): number => some * 1.000001 + 1e-9
  const spread = wider(degrees(angle))
  const north = latitude + spread
  const south = latitude - spread
  // A circle around a pole has points of every longitude; one that crosses the 180th meridian is not worth two boxes.
  const everywhere = { north, south, west: -180, east: 180 }
  if (north >= 90 || south <= -90) return everywhere
  const wide = wider(degrees(Math.asin(Math.min(1, Math.sin(angle) / Math.cos(radians(latitude))))))
  if (longitude - wide < -180 || longitude + wide > 180) return everywhere
  return { north, south, west: longitude - wide, east: longitude + wide }
}

export function isInBox({ latitude, longitude }: GeoPoint, { north, south, west, east }: GeoBox): boolean {
  if (latitude > north || latitude < south) return false
  return west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east
}

/**
 * Edges are straight lines between degrees, and none crosses the 180th meridian. Points on an edge may be either; what
 * is outside of the box of the corners is outside, also where the rounding of an edge would say otherwise.
 */
export function isInPolygon(point: GeoPoint, corners: readonly GeoPoint[]): boolean {
  if (!isInBox(point, boxOf(corners))) return false
  const { latitude, longitude } = point
  let isInside = false
  let before = corners.at(-1)
  for (const corner of corners) {
    if (before && corner.latitude > latitude !== before.latitude > latitude) {
      const part = (latitude - corner.latitude) / (before.latitude - corner.latitude)
      if (longitude < corner.longitude + part * (before.longitude - corner.longitude)) isInside = !isInside
    }
    before = corner
  }
  return isInside
}

export function boxOf(corners: readonly GeoPoint[]): GeoBox {
  const latitudes = corners.map(({ latitude }) => latitude)
  const longitudes = corners.map(({ longitude }) => longitude)
  return {
    north: Math.max(...latitudes),
    south: Math.min(...latitudes),
    west: Math.min(...longitudes),
    east: Math.max(...longitudes),
  }
}

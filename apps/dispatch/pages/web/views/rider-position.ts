/**
 * Where a rider is, and telling it every few seconds while on duty: by the phone, by a touch of the map, or (a demonstration)
 * by riding the way to the next stop at the pace of an electric bike.
 */
import { ApiFailure } from '../api/client.ts'
import type { Position } from '../api/contract.ts'
import type { Shell } from '../base/shell.ts'
import { alongWay, distanceM } from '../map/mercator.ts'
import type { Way } from '../map/way.ts'

export type Source = 'map' | 'device' | 'ride'

export interface RiderPosition {
  now(): Position | undefined
  source(): Source
  /** Why the phone does not say, if it does not. */
  trouble(): 'denied' | 'unavailable' | undefined
  /** Since when no report was taken; nothing while all is well. */
  unreportedSinceMs(): number | undefined
  setSource(source: Source): void
  place(position: Position): void
  /** `seq`: of the newest report that is known there. */
  startReports(seq: number): void
  stopReports(): void
  close(): void
}

const REPORT_MS = 3_000
const RIDE_M_PER_S = 7
/** Rides are watched by people who wait: so many times as fast as an electric bike, and still believed (25 m/s are not). */
const RIDE_SPEED = 3
const THERE_M = 5

/** `wayAhead`: from where the rider is to the next stop, along roads where these are known. */
export function riderPosition(shell: Shell, wayAhead: (from: Position) => Way | undefined): RiderPosition {
  let position: Position | undefined
  let source: Source = 'map'
  let trouble: 'denied' | 'unavailable' | undefined
  let watch: number | undefined
  /** Where a touch of the map wants somebody on duty to be. */
  let target: Position | undefined
  let stopRide = () => {}
  let stopTimer = () => {}
  let isReporting = false
  let seq = 0
  let unreportedSinceMs: number | undefined

  function stopSource(): void {
    if (watch !== undefined) navigator.geolocation.clearWatch(watch)
    watch = undefined
    stopRide()
    stopRide = () => {}
  }

  function watchDevice(): void {
    trouble = undefined
    if (!('geolocation' in navigator) || !isSecureContext) {
      trouble = 'unavailable'
      return
    }
    watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        trouble = undefined
        position = { lng: coords.longitude, lat: coords.latitude }
        shell.update()
      },
      (error) => {
        trouble = error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable'
        shell.update()
      },
      { enableHighAccuracy: true, maximumAge: REPORT_MS },
    )
  }

  function ride(): void {
    const way = position && (target ? [position, target] : source === 'ride' ? wayAhead(position) : undefined)
    if (position && way && distanceM(position, way.at(-1)!) <= THERE_M) target = undefined
    else if (position && way) {
      position = alongWay(way, RIDE_M_PER_S * RIDE_SPEED) ?? position
      shell.update()
    }
    stopRide = shell.after(1_000, ride)
  }

  async function report(): Promise<void> {
    if (!isReporting) return
    if (position) {
      seq += 1
      const body = { seq, lng: position.lng, lat: position.lat, atMs: Math.round(shell.nowMs()) }
      try {
        await shell.api.post<{ accepted: boolean }>('riders/me/position', body)
        unreportedSinceMs = undefined
      } catch (error) {
        if (!(error instanceof ApiFailure)) throw error
        if (error.status === 401) return shell.end()
        unreportedSinceMs ??= shell.nowMs()
        shell.update()
      }
    }
    if (isReporting) stopTimer = shell.after(REPORT_MS, () => void report())
  }

  function stopReports(): void {
    isReporting = false
    unreportedSinceMs = undefined
    stopTimer()
  }

  ride()
  return {
    now: () => position,
    source: () => source,
    trouble: () => trouble,
    unreportedSinceMs: () => unreportedSinceMs,
    setSource(next) {
      stopSource()
      source = next
      target = undefined
      trouble = undefined
      if (next === 'device') watchDevice()
      else ride()
      shell.update()
    },
    place(next) {
      if (source === 'device') return
      // On duty nobody is somewhere else all at once: it would not be believed. They ride there.
      if (isReporting && position) target = next
      else position = next
      shell.update()
    },
    startReports(newest) {
      stopReports()
      seq = Math.max(seq, newest)
      isReporting = true
      stopTimer = shell.after(REPORT_MS, () => void report())
    },
    stopReports,
    close() {
      stopReports()
      stopSource()
    },
  }
}

/** Values from outside, checked for their kind and their bounds. */
import type { Position } from '../model/order.ts'
import { invalidArgument } from './refusal.ts'

export function fields(value: unknown, name = 'the body'): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument(`${name} must be an object`)
  return value as Record<string, unknown>
}

/** Not empty, and without control characters. */
export function text(value: unknown, name: string, maxLength: number): string {
  if (typeof value !== 'string' || value === '' || value.length > maxLength || /\p{Cc}|\p{Cs}/u.test(value))
    throw invalidArgument(`${name} must be a text of 1 to ${maxLength} characters`)
  return value
}

export function integer(value: unknown, name: string, { min, max }: { min: number; max: number }): number {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max)
    throw invalidArgument(`${name} must be a whole number from ${min} to ${max}`)
  return value as number
}

export function oneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw invalidArgument(`${name} must be one of ${allowed.join(', ')}`)
  return value as T
}

export function yesOrNo(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw invalidArgument(`${name} must be true or false`)
  return value
}

export function list(value: unknown, name: string, max: number): unknown[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > max)
    throw invalidArgument(`${name} must be a list of 1 to ${max}`)
  return value
}

export function position(value: unknown, name: string): Position {
  const { lng, lat } = fields(value, name)
  if (!within(lng, 180) || !within(lat, 90)) throw invalidArgument(`${name} must have lng and lat in degrees`)
  return { lng, lat }
}

const within = (value: unknown, bound: number): value is number =>
  typeof value === 'number' && Math.abs(value) <= bound

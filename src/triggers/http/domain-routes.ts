/** Custom domains: which route takes a request, and what becomes of its path and query. Pure. */
import { type LinearMatch, linearMatch } from '../../lib/linear-regexp.ts'

export interface DomainRoute {
  /** `/a/b`, or with one `*` at its end for everything that begins so: `/a/*`. */
  path: string
  functionName: string
  qualifier: string
  /** Those that are let through. */
  methods: readonly string[]
  rewrite?: RewriteRules
}

/** Of each list the first rule that matches; the lists in this order, and one rule in all. */
export interface RewriteRules {
  equal: readonly RewriteRule[]
  wildcard: readonly RewriteRule[]
  regex: readonly RewriteRule[]
}

export interface RewriteRule {
  match: string
  replacement: string
}

/** The route of exactly this path, else the one with the longest beginning in common. `target`: path and query, encoded. */
export function routeOf<Route extends Pick<DomainRoute, 'path'>>(
  routes: readonly Route[],
  target: string,
): Route | undefined {
  const path = pathOf(target)
  let best: Route | undefined
  for (const route of routes) {
    if (route.path === path) return route
    if (!route.path.endsWith('*') || !path.startsWith(route.path.slice(0, -1))) continue
    if (best === undefined || route.path.length > best.path.length) best = route
  }
  return best
}

/**
 * Path and query after the rewrite. An `equal` rule replaces the path, a `wildcard` rule everything (each `*` is `$1`, `$2`, …;
 * `^` ties it to the beginning), a `regex` rule what it matches. Rules are an owner's, and still must not take long:
 * they run in linear time.
 */
export function rewritten(rules: RewriteRules | undefined, target: string): string {
  if (rules === undefined) return target
  const path = pathOf(target)
  for (const { match, replacement } of rules.equal)
    if (match === path) return asTarget(replacement + target.slice(path.length))
  for (const { match, replacement } of rules.wildcard) {
    const found = linearMatch(wildcardSource(match), target)
    if (found) return asTarget(filledIn(replacement, found))
  }
  for (const { match, replacement } of rules.regex) {
    const found = linearMatch(match, target)
    if (found)
      return asTarget(target.slice(0, found.start) + filledIn(replacement, found) + target.slice(found.end))
  }
  return target
}

const pathOf = (target: string): string => {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

/** A rewrite cannot make a request line that is none. */
const asTarget = (text: string): string => {
  const safe = text.toWellFormed().replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character))
  return safe.startsWith('/') ? safe : `/${safe}`
}

const wildcardSource = (match: string): string =>
  match
    .replace(/[\\.+?()[\]{}|$]/g, '\\$&')
    .replace(/(?!^)\^/g, '\\^')
    .replaceAll('*', '(.*)')

const filledIn = (replacement: string, found: LinearMatch): string =>
  replacement.replace(/\$(\d)/g, (_, digit: string) => found.group(Number(digit)))

/**
 * The `${…}` of an s.yaml, as Serverless Devs 3 reads them. A text that is one expression takes its value's type.
 * https://manual.serverless-devs.com/user-guide/spec/
 */
import { CommandFailed } from '../errors.ts'

export interface Scope {
  vars: Readonly<Record<string, unknown>>
  /** Properties of each resource, for `${resources.other.props.x}`. */
  resources: Readonly<Record<string, { props?: unknown }>>
  /** The resource that is read, for `${this.props.x}`. */
  resource?: string
  environment: NodeJS.ProcessEnv
  accountId: string | undefined
  region: string
}

/** Values may hold expressions themselves; deeper than this is a circle. */
const DEPTH_MAX = 10

export function resolve(value: unknown, scope: Scope, where: string, depth = 0): unknown {
  if (typeof value === 'string') return resolveText(value, scope, where, depth)
  if (Array.isArray(value)) {
    return value.map((item, index) => resolve(item, scope, `${where}[${index}]`, depth))
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, resolve(inner, scope, `${where}.${key}`, depth)]),
    )
  }
  return value
}

function resolveText(text: string, scope: Scope, where: string, depth: number): unknown {
  if (!text.includes('${')) return text
  if (depth > DEPTH_MAX) throw new CommandFailed(`${where}: ${text} refers to itself.`)
  const whole = /^\$\{([^{}]*)\}$/.exec(text)
  if (whole) return resolve(evaluate(whole[1]!.trim(), scope, where), scope, where, depth + 1)
  return text.replace(/\$\{([^{}]*)\}/g, (_, expression: string) => {
    const value = resolve(evaluate(expression.trim(), scope, where), scope, where, depth + 1)
    if (value !== null && typeof value === 'object') {
      throw new CommandFailed(`${where}: \${${expression}} is not a text, so it cannot be a part of one.`)
    }
    return String(value)
  })
}

function evaluate(expression: string, scope: Scope, where: string): unknown {
  const call = /^(env|config)\((.*)\)$/s.exec(expression)
  if (call) {
    const [name = '', fallback] = call[2]!
      .split(',')
      .map((word) => word.trim().replace(/^(['"])(.*)\1$/s, '$2'))
    const value = call[1] === 'env' ? scope.environment[name] : configValue(name, scope)
    if (value !== undefined) return value
    if (fallback !== undefined) return fallback
    throw new CommandFailed(
      call[1] === 'env'
        ? `${where}: the environment has no variable ${name}. Set it, or write \${env('${name}', 'default')}.`
        : `${where}: \${config(${name})} is not known; AccountID and Region are.`,
    )
  }
  const [first, ...rest] = expression.split('.')
  if (first === 'vars') return lookUp(scope.vars, rest, expression, where)
  if (first === 'this' && scope.resource !== undefined) {
    return lookUp(scope.resources[scope.resource], rest, expression, where)
  }
  if (first === 'resources') return lookUp(scope.resources, rest, expression, where)
  throw new CommandFailed(
    `${where}: \${${expression}} is not understood. Known are \${vars.x}, \${env('X')}, \${config('AccountID')}, \${this.props.x} and \${resources.name.props.x}.`,
  )
}

function configValue(name: string, { accountId, region }: Scope): string | undefined {
  if (/^account_?id$/i.test(name)) return accountId
  return /^region$/i.test(name) ? region : undefined
}

function lookUp(from: unknown, path: readonly string[], expression: string, where: string): unknown {
  let value = from
  for (const key of path) {
    value = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined
  }
  if (value === undefined) throw new CommandFailed(`${where}: \${${expression}} has no value.`)
  return value
}

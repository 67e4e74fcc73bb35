/** The `triggerConfig` of an `oss` trigger: which events of which objects. */
export interface ObjectRule {
  /** `oss:ObjectCreated:PutObject`, `oss:ObjectCreated:*`. */
  events: readonly string[]
  prefix: string
  suffix: string
}

interface Config {
  events?: readonly string[]
  filter?: { key?: { prefix?: string; suffix?: string } }
}

export function ruleOf(config: Readonly<Record<string, unknown>>): ObjectRule {
  const { events = [], filter: { key: { prefix = '', suffix = '' } = {} } = {} } = config as Config
  return { events, prefix, suffix }
}

/** `name` is without `oss:`, as in the event. Prefix and suffix are texts, not patterns. */
export const isMeant = ({ events, prefix, suffix }: ObjectRule, name: string, object: string): boolean =>
  object.startsWith(prefix) &&
  object.endsWith(suffix) &&
  events.some((event) => {
    const wanted = event.replace(/^oss:/, '')
    return wanted === name || (wanted.endsWith(':*') && name.startsWith(wanted.slice(0, -1)))
  })

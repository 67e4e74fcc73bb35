/** A strict reader of OpenMetrics 1.0 text, as far as this platform writes it. */
import assert from 'node:assert/strict'

export interface ReadSample {
  name: string
  labels: Record<string, string>
  value: number
}

const metricName = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const label = '([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\\n]|\\\\[\\\\n"])*)"'
const sampleLine = new RegExp(
  `^(${metricName})(?:\\{(${label}(?:,${label})*)\\})? (-?[0-9.e+-]+|\\+Inf|NaN)$`,
)
const endings: Record<string, readonly string[]> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
}

/** Throws where the text is not valid: samples without a family, twice, in another's place, or buckets that do not add up. */
export function readOpenMetrics(text: string): ReadSample[] {
  assert.ok(text.endsWith('\n# EOF\n'), 'it ends by EOF')
  const samples: ReadSample[] = []
  const families = new Set<string>()
  const seen = new Set<string>()
  let family = { name: '', type: '' }
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const head = new RegExp(`^# (HELP|TYPE) (${metricName}) (.+)$`).exec(line)
    if (head) {
      const [, kind, name, rest] = head as unknown as [string, string, string, string]
      if (kind === 'HELP') {
        assert.ok(!families.has(name), `${name} comes once`)
        families.add(name)
        family = { name, type: '' }
      } else {
        assert.equal(name, family.name)
        family.type = rest
      }
      continue
    }
    const sample = sampleLine.exec(line)
    assert.ok(sample, `not a sample: ${line}`)
    const [, name, labelText = ''] = sample as unknown as [string, string, string | undefined]
    assert.ok(
      endings[family.type]?.some((ending) => name === family.name + ending),
      `${name} is no sample of ${family.type} ${family.name}`,
    )
    assert.ok(!seen.has(`${name}{${labelText}`), `twice: ${line}`)
    seen.add(`${name}{${labelText}`)
    const labels = Object.fromEntries(
      [...labelText.matchAll(new RegExp(label, 'g'))].map(([, key, value]) => [
        key!,
        value!.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)),
      ]),
    )
    samples.push({ name, labels, value: Number(sample.at(-1)!.replace('+Inf', 'Infinity')) })
  }
  checkBuckets(samples)
  return samples
}

function checkBuckets(samples: readonly ReadSample[]): void {
  const last = new Map<string, number>()
  for (const { name, labels, value } of samples) {
    const { le, ...rest } = labels
    const key = `${name.replace(/_(bucket|count)$/, '')}${JSON.stringify(rest)}`
    if (name.endsWith('_bucket')) {
      assert.ok(value >= (last.get(key) ?? 0), `${name} ${le} is less than the bucket before`)
      last.set(key, value)
    } else if (name.endsWith('_count')) assert.equal(value, last.get(key), `${name} is its last bucket`)
  }
}

/** The value of the one sample with this name and these labels, or 0. */
export function sampleOf(
  samples: readonly ReadSample[],
  name: string,
  wanted: Record<string, string> = {},
): number {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(wanted).every(([key, value]) => sample.labels[key] === value),
  )
  assert.ok(found.length <= 1, `${found.length} samples of ${name}`)
  return found[0]?.value ?? 0
}

/** Which language the pages speak: what was chosen, else what the browser prefers, else English. */

export type Language = 'en' | 'zh'

export const LANGUAGES: readonly { language: Language; name: string; tag: string }[] = [
  { language: 'en', name: 'English', tag: 'en' },
  { language: 'zh', name: '中文', tag: 'zh-CN' },
]

/** `chosen`: kept from an earlier visit; `preferred`: as `navigator.languages` has them. */
export function languageOf(chosen: string | null, preferred: readonly string[]): Language {
  if (chosen === 'en' || chosen === 'zh') return chosen
  for (const tag of preferred) {
    const language = tag.toLowerCase().split('-')[0]
    if (language === 'en' || language === 'zh') return language
  }
  return 'en'
}

export const tagOf = (language: Language): string =>
  LANGUAGES.find((known) => known.language === language)?.tag ?? 'en'

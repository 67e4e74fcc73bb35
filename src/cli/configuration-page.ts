import { type Setting, settings } from './settings.ts'

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  return [
    '# Settings',
    '',
    'Each is a flag of `bin/hanshu up` and a variable of the environment; a flag wins. The schema is `src/config/config.ts`, from which this page is',
    'made: `node src/cli/write-configuration-page.ts`.',
    '',
    '| flag | variable | default | |',
    '| --- | --- | --- | --- |',
    ...settings().map(row),
    '',
    '## Outside of the platform itself',
    '',
    '| variable | read by | |',
    '| --- | --- | --- |',
    ...others.map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n')
}

function row({ flag, variable, value, isSwitch, help, standard }: Setting): string {
  const typed = isSwitch ? `--${flag}` : `--${flag} ${value}`
  const without = isSwitch ? 'off' : standard === undefined ? '–' : `\`${standard}\``
  return `| ${[`\`${typed}\``, `\`${variable}\``, without, help].map(cell).join(' | ')} |`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

const others = [
  [
    '`HANSHU_NODE`',
    '`bin/hanshu`, `bin/test`',
    'Path of a Node.js 24 or newer to use instead of one that is found or fetched.',
  ],
  ['`HANSHU_NPM`', '`bin/hanshu`, `bin/test`', 'Path of the npm that fetches what is missing.'],
  [
    '`HANSHU_INSTALL=no`',
    '`bin/hanshu`, `bin/test`',
    'System programs that are missing are named, not installed.',
  ],
  [
    '`HANSHU_ENDPOINT`',
    'commands',
    'Endpoint to speak to, instead of the one in the ready file of the data folder.',
  ],
  [
    '`HANSHU_ACCESS_KEY_ID`, `HANSHU_ACCESS_KEY_SECRET`, `HANSHU_SECURITY_TOKEN`',
    'commands',
    'Key to sign with, before `ALIBABA_CLOUD_ACCESS_KEY_ID`, `…_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN`, and before that of the ready file.',
  ],
]

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, type Flag, text } from '../../command.ts'
import { CommandFailed } from '../../errors.ts'
import { eventTypes, makeEvent } from '../../events/make-event.ts'

const ownFlags = {
  output: { value: 'FILE', help: 'Where it goes; default: standard output.' },
  region: { value: 'NAME', help: 'Region in the event; default: cn-hangzhou.' },
  'account-id': { value: 'ID', help: 'Account in the event; default: 1234567890123456.' },
} as const

export const eventGenerate: Command = {
  summary: 'Make up the event that a trigger would hand to a function',
  usage: 'event generate TYPE [FLAGS]',
  details:
    'hanshu event list names the types and the parts that each has; a part that is not given has the value of the\n' +
    "vendor's samples, times are now, ids are new. An event of type tablestore is bytes (CBOR), all others are text.",
  examples: [
    'hanshu event generate oss --bucket photos --key a.jpg',
    'hanshu event generate oss --key a.jpg | hanshu invoke resize -f -',
    `hanshu event generate mns_topic --format JSON --message 'hello' --output event.json`,
    'hanshu event generate tablestore --encoding base64',
    `hanshu event generate kafka --topic orders --value '{"id":1}' --count 3`,
  ],
  positionals: { min: 1, max: 1 },
  flags: { ...partFlags(), ...ownFlags },

  async run(args, terminal) {
    const given = Object.fromEntries(
      Object.entries(args.flags).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && !(entry[0] in ownFlags),
      ),
    )
    const wish = {
      type: args.positionals[0]!,
      given,
      accountId: text(args, 'account-id'),
      region: text(args, 'region'),
    }
    const event = makeEvent(wish, terminal)
    const file = text(args, 'output')
    if (file === undefined) {
      await terminal.write(event)
      return 0
    }
    await writeFile(resolve(terminal.workingDir, file), event).catch((error: Error) => {
      throw new CommandFailed(`Cannot write the event: ${error.message}`, { cause: error })
    })
    return 0
  },
}

/** The parts of all types; which of them a type has is checked when the event is made. */
function partFlags(): Record<string, Flag> {
  const flags: Record<string, Flag> = {}
  for (const [type, { fields }] of Object.entries(eventTypes)) {
    for (const [name, { help, oneOf }] of Object.entries(fields)) {
      const said = `${type}: ${help}`
      const known = flags[name]
      flags[name] = { value: oneOf ? oneOf.join('|') : 'VALUE', help: known ? `${known.help} ${said}` : said }
      if (known) flags[name].value = 'VALUE'
    }
  }
  return flags
}

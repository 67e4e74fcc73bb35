/** What parts of the platform need of a logger; pino satisfies it. The message is a sentence, facts are fields. */
export interface Logger {
  debug(facts: object, sentence: string): void
  info(facts: object, sentence: string): void
  warn(facts: object, sentence: string): void
  error(facts: object, sentence: string): void
  child(facts: object): Logger
}

const silent = () => {}
export const silentLogger: Logger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  child: () => silentLogger,
}

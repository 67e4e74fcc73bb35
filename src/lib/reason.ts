import { getSystemErrorMessage } from 'node:util'

/** Why something failed, in words to put after "cannot …:"; for an error of the system without its codes and call names. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { errno } = error as NodeJS.ErrnoException
  return (typeof errno === 'number' ? getSystemErrorMessage(errno) : undefined) ?? error.message
}

/** Whether an error is a mistake in this program, and not one that names what is wrong around it. */
export const isDefect = (error: unknown): boolean =>
  !(error instanceof Error) ||
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error instanceof SyntaxError

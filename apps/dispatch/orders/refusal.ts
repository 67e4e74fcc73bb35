/** What a caller is refused with: status and code are those of the API's table. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export const invalidArgument = (message: string) => new Refusal(400, 'InvalidArgument', message)

export const forbidden = (message: string) => new Refusal(403, 'Forbidden', message)

/** Also for what is another's, so that nobody learns which orders there are. */
export const noSuchOrder = () => new Refusal(404, 'NotFound', 'there is no such order')

export const stateConflict = (message: string) => new Refusal(409, 'StateConflict', message)

/** Each step may be asked for again: what has happened stands, and does not happen twice. */
export const tryAgain = () => new Refusal(503, 'TryAgain', 'the store is busy, please try again')

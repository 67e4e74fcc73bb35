const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Bytes at and above this would make some characters likelier than others. */
const FAIR_BELOW = 256 - (256 % ALPHABET.length)

/** As many characters of A–Z, a–z, 0–9, each as likely as the next. */
export function randomAlphanumerics(length: number, randomBytes: (count: number) => Buffer): string {
  let text = ''
  while (text.length < length) text += alphanumericsOf(randomBytes(length - text.length))
  return text
}

/** One character per byte, fewer where a byte would not be fair. */
export function alphanumericsOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) if (byte < FAIR_BELOW) text += ALPHABET[byte % ALPHABET.length]
  return text
}

/** A number of as many digits, as ids of users and roles are. */
export function randomDigits(length: number, randomBytes: (count: number) => Buffer): string {
  let text = ''
  while (text.length < length) {
    // Of 256 bytes 250 fall on the ten digits evenly.
    for (const byte of randomBytes(length - text.length)) if (byte < 250) text += byte % 10
  }
  return text
}

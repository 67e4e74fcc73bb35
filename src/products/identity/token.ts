/** The security token of temporary credentials: what they allow, sealed so that nobody else can read or change it. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { z } from 'zod'

const claimsSchema = z.object({
  accessKeyId: z.string(),
  accountId: z.string(),
  expiresAtMs: z.number(),
  allows: z.discriminatedUnion('to', [
    z.object({
      to: z.literal('actAsRole'),
      roleArn: z.string(),
      /** Absent: nobody had created the role. */
      roleId: z.string().optional(),
      sessionName: z.string().optional(),
      sessionPolicy: z.string().optional(),
      sourceIdentity: z.string().optional(),
      /** Of a function: how many functions led to what it does, one triggered by the other, itself the last. */
      hops: z.number().optional(),
    }),
    z.object({ to: z.literal('putObjects'), bucket: z.string(), objectPrefix: z.string() }),
  ]),
})

export type Claims = z.output<typeof claimsSchema>

export interface TokenSeal {
  close(claims: Claims): string
  /** Undefined for what this seal did not close. */
  open(token: string): Claims | undefined
}

/** The vendor's tokens begin like this; people recognise them by it. */
const PREFIX = 'CAIS'
const IV_BYTES = 12
const TAG_BYTES = 16

/** Longer than any token made here, so that a forged one costs little. */
const TOKEN_LENGTH_MAX = 8192

/** AES-256-GCM. Random 96-bit nonces are safe for some 2^32 tokens of one key. */
export function tokenSeal(sealingKey: Buffer, randomBytes: (count: number) => Buffer): TokenSeal {
  const key = createHmac('sha256', sealingKey).update('token').digest()
  return {
    close(claims) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const sealed = Buffer.concat([cipher.update(JSON.stringify(claims), 'utf8'), cipher.final()])
      return PREFIX + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
    },
    open(token) {
      if (!token.startsWith(PREFIX) || token.length > TOKEN_LENGTH_MAX) return undefined
      const bytes = Buffer.from(token.slice(PREFIX.length), 'base64')
      // Base64 has spare bits and ignores strangers: one token, one spelling.
      if (bytes.toString('base64') !== token.slice(PREFIX.length)) return undefined
      if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      let opened: Buffer
      try {
        opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
      } catch {
        // Not sealed by this key: that is the answer, not a failure.
        return undefined
      }
      return claimsSchema.parse(JSON.parse(opened.toString('utf8')))
    },
  }
}

/** The secret of a temporary access key; 256 bits that only the owner of the sealing key can compute. */
export const temporarySecret = (sealingKey: Buffer, accessKeyId: string): string =>
  createHmac('sha256', sealingKey).update(`secret of ${accessKeyId}`).digest('base64url')

/** What clients say about encryption is kept and answered; the bytes are as safe as the disk they are on. */
import { childOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { invalidArgument, invalidEncryptionAlgorithm, malformedXml } from './errors.ts'
import type { Encryption } from './object.ts'

const ALGORITHMS: readonly string[] = ['AES256', 'KMS', 'SM4']

export function encryptionOf(headers: Readonly<Record<string, string | undefined>>): Encryption | undefined {
  const algorithm = headers['x-oss-server-side-encryption']
  const keyId = headers['x-oss-server-side-encryption-key-id']
  const dataAlgorithm = headers['x-oss-server-side-data-encryption']
  if (algorithm === undefined) {
    if (keyId !== undefined) throw invalidArgument('x-oss-server-side-encryption-key-id', keyId)
    return undefined
  }
  return checked(algorithm, dataAlgorithm, keyId)
}

export function readEncryption(root: XmlElement): Encryption {
  const rule = childOf(root, 'ApplyServerSideEncryptionByDefault')
  const algorithm = rule && textOf(rule, 'SSEAlgorithm')
  if (!rule || algorithm === undefined) throw malformedXml('SSEAlgorithm is missing')
  return checked(
    algorithm,
    textOf(rule, 'KMSDataEncryption') || undefined,
    textOf(rule, 'KMSMasterKeyID') || undefined,
  )
}

function checked(
  algorithm: string,
  dataAlgorithm: string | undefined,
  keyId: string | undefined,
): Encryption {
  if (!ALGORITHMS.includes(algorithm)) throw invalidEncryptionAlgorithm(algorithm)
  if (dataAlgorithm !== undefined && (dataAlgorithm !== 'SM4' || algorithm !== 'KMS'))
    throw invalidEncryptionAlgorithm(dataAlgorithm)
  if (keyId !== undefined && algorithm !== 'KMS') throw invalidArgument('KMSMasterKeyID', keyId)
  return {
    algorithm,
    ...(dataAlgorithm === undefined ? {} : { dataAlgorithm }),
    ...(keyId === undefined ? {} : { keyId }),
  }
}

export const encryptionXml = ({ algorithm, dataAlgorithm, keyId }: Encryption) => ({
  SSEAlgorithm: algorithm,
  KMSDataEncryption: dataAlgorithm,
  KMSMasterKeyID: algorithm === 'KMS' ? (keyId ?? '') : undefined,
})

export const encryptionHeaders = (encryption: Encryption | undefined): Record<string, string> =>
  encryption === undefined
    ? {}
    : {
        'x-oss-server-side-encryption': encryption.algorithm,
        ...(encryption.dataAlgorithm === undefined
          ? {}
          : { 'x-oss-server-side-data-encryption': encryption.dataAlgorithm }),
        ...(encryption.keyId === undefined
          ? {}
          : { 'x-oss-server-side-encryption-key-id': encryption.keyId }),
      }

import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { it } from 'node:test'
import { selfSignedCertificate } from './self-signed-certificate.ts'

it('makes a certificate that others read, signed by its own key', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const pem = selfSignedCertificate({
    privateKey,
    commonName: 'Hanshu 函数',
    notBeforeMs: Date.parse('2026-01-01T00:00:00Z'),
    notAfterMs: Date.parse('2126-01-01T00:00:00Z'),
  })
  const certificate = new X509Certificate(pem)
  assert.match(certificate.subject, /^CN=Hanshu/)
  assert.equal(certificate.issuer, certificate.subject)
  assert.ok(certificate.verify(createPublicKey(privateKey)))
  assert.ok(certificate.checkIssued(certificate))
  assert.equal(Date.parse(certificate.validFrom), Date.parse('2026-01-01T00:00:00Z'))
  assert.equal(Date.parse(certificate.validTo), Date.parse('2126-01-01T00:00:00Z'))
})

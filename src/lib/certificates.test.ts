import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { it } from 'node:test'
import { connect, createServer } from 'node:tls'
import { authorityCertificate, bareCertificate, serverCertificate, subjectHash } from './certificates.ts'

const validity = {
  notBeforeMs: Date.parse('2020-01-01T00:00:00Z'),
  notAfterMs: Date.parse('2120-01-01T00:00:00Z'),
}

const elliptic = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

function authority(onlyDomain: string) {
  const issuer = { commonName: 'Hanshu 函数', key: elliptic().privateKey }
  return { issuer, pem: authorityCertificate({ ...issuer, ...validity, onlyDomain }) }
}

/** What a client that trusts `ca` says of a server with these names: undefined when it is content. */
async function objection(
  { issuer, pem }: ReturnType<typeof authority>,
  hosts: readonly [string, ...string[]],
  asked: string,
): Promise<string | undefined> {
  const { privateKey, publicKey } = elliptic()
  const server = createServer({
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: serverCertificate({ issuer, hosts, publicKey, ...validity }),
  })
  server.on('secureConnection', (socket) => socket.on('error', () => {}).end())
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const client = connect({ host: '127.0.0.1', port, servername: asked, ca: pem })
  const said = await new Promise<string | undefined>((resolve) => {
    client.once('secureConnect', () => resolve(undefined))
    client.once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}: ${error.message}`))
  })
  client.destroy()
  server.close()
  return said
}

it('makes a certificate of an RSA key that others read, signed by its own key', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = bareCertificate({ key: privateKey, commonName: 'Hanshu 函数', ...validity })
  const certificate = new X509Certificate(pem)
  assert.match(certificate.subject, /^CN=Hanshu/)
  assert.equal(certificate.issuer, certificate.subject)
  assert.ok(certificate.verify(createPublicKey(privateKey)))
  assert.ok(certificate.checkIssued(certificate))
  assert.equal(Date.parse(certificate.validFrom), validity.notBeforeMs)
  assert.equal(Date.parse(certificate.validTo), validity.notAfterMs)
})

it('makes authorities, and servers that are taken for what they are called and nothing else', async () => {
  const ours = authority('example.com')
  assert.ok(new X509Certificate(ours.pem).ca)
  const hosts = ['b.example.com', '*.b.example.com'] as const
  assert.equal(await objection(ours, hosts, 'b.example.com'), undefined)
  assert.equal(await objection(ours, hosts, 'any.b.example.com'), undefined)
  for (const other of ['c.example.com', 'one.two.b.example.com'])
    assert.match((await objection(ours, hosts, other)) ?? '', /^ERR_TLS_CERT_ALTNAME_INVALID/)
})

it('makes authorities that are believed about one domain only', async () => {
  const ours = authority('example.com')
  for (const host of ['example.org', 'anexample.com'])
    assert.match((await objection(ours, [host], host)) ?? '', /permitted subtree violation/)
})

it('makes servers that are not believed where another authority of the same name is trusted', async () => {
  const [ours, other] = [authority('example.com'), authority('example.com')]
  const said = await objection({ issuer: other.issuer, pem: ours.pem }, ['example.com'], 'example.com')
  assert.match(
    said ?? '',
    /UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE/,
  )
})

it('knows how OpenSSL names the file of an authority', () => {
  // openssl req -x509 -subj '/CN=Hanshu  Platform' -utf8 … | openssl x509 -noout -subject_hash
  assert.equal(subjectHash('Hanshu  Platform'), subjectHash('hanshu platform'))
  assert.equal(subjectHash('Hanshu Platform'), '2d889177')
})

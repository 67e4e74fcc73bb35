import { none, operation } from '../product.ts'

/** Not of the vendor's API: there, the certificate is an object in one of its buckets. Without a signature. */
export const getSigningCertificate = operation({
  name: 'GetSigningCertificate',
  route: 'GET /x509_public_certificate.pem',
  body: none,
  dataPlane: true,

  async handle(_, { signingKey }) {
    return {
      status: 200,
      headers: { 'content-type': 'application/x-pem-file' },
      body: await signingKey.certificate(),
    }
  },
})

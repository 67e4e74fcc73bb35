import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isPublicAddress } from './public-address.ts'

describe('an address', () => {
  it('of the internet is public', () => {
    for (const address of [
      '1.1.1.1',
      '100.63.255.255',
      '172.32.0.1',
      '223.5.5.5',
      '2400:3200::1',
      '2606:4700::1',
    ]) {
      assert.equal(isPublicAddress(address), true, address)
    }
  })

  it('that is private, of this machine, or leads elsewhere is not, and neither is what is none', () => {
    for (const address of [
      ...[
        '0.0.0.0',
        '10.1.2.3',
        '100.64.0.1',
        '100.100.100.200',
        '127.0.0.1',
        '127.9.9.9',
        '169.254.169.254',
      ],
      ...['172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
      ...[
        '::',
        '::1',
        '::ffff:127.0.0.1',
        '::ffff:7f00:1',
        '::ffff:8.8.8.8',
        '::127.0.0.1',
        '64:ff9b::7f00:1',
      ],
      ...['fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '2001:0:4136:e378::1', '2002:7f00:1::', '2001:db8::1'],
      ...['', 'localhost', '127.1', '1.1.1.1:80', '[2400:3200::1]', 'fe80::1%lo'],
    ]) {
      assert.equal(isPublicAddress(address), false, address)
    }
    for (const { address } of Object.values(networkInterfaces()).flatMap((found) => found ?? [])) {
      assert.equal(isPublicAddress(address), false, address)
    }
    assert.equal(isPublicAddress('1.1.1.1', ['1.1.1.1']), false)
    assert.equal(isPublicAddress('2400:3200:0::1', ['2400:3200::1']), false)
  })

  it('is not public in the clothes of IPv6 when it is not in its own', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const [a, b, c, d] = octets.map((one) => one.toString(16).padStart(2, '0'))
        if (isPublicAddress(octets.join('.'))) return
        for (const clothed of [
          `::ffff:${octets.join('.')}`,
          `64:ff9b::${a}${b}:${c}${d}`,
          `2002:${a}${b}:${c}${d}::1`,
        ]) {
          assert.equal(isPublicAddress(clothed), false, clothed)
        }
      }),
    )
  })
})

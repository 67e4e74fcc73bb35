/**
 * The CRC-64 of two contents one after the other, from the CRC-64 of each: what an object of parts is checked by, without
 * reading it again. Polynomials over GF(2) with reflected bits; the top bit is x⁰.
 */
const POLYNOMIAL = 0xc96c5795d7870f42n
const X_TO_0 = 1n << 63n
const X_TO_1 = 1n << 62n

/** Entry n: x to the power of 2ⁿ. A length in bits is below 2⁵⁶. */
const POWERS_OF_X: readonly bigint[] = powersOfX()

function powersOfX(): bigint[] {
  const powers = [X_TO_1]
  while (powers.length < 57) powers.push(multiply(powers.at(-1)!, powers.at(-1)!))
  return powers
}

/** a · b modulo the polynomial. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n
  for (let bit = X_TO_0; bit > 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= b
    b = (b & 1n) === 0n ? b >> 1n : (b >> 1n) ^ POLYNOMIAL
  }
  return product
}

/** x to the power of the bits in so many bytes. Parts are mostly of one size, so the last answer is kept. */
let last = { sizeBytes: 0, shift: X_TO_0 }
function shiftBy(sizeBytes: number): bigint {
  if (sizeBytes === last.sizeBytes) return last.shift
  let shift = X_TO_0
  for (let left = BigInt(sizeBytes), power = 3; left > 0n; left >>= 1n, power++) {
    if ((left & 1n) !== 0n) shift = multiply(POWERS_OF_X[power]!, shift)
  }
  last = { sizeBytes, shift }
  return shift
}

/** Sums are decimal, as Alibaba's products print them. */
export const crc64Combine = (first: string, second: string, secondSizeBytes: number): string =>
  (multiply(shiftBy(secondSizeBytes), BigInt(first)) ^ BigInt(second)).toString()

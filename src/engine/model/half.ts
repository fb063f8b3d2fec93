/** IEEE 754 half precision ↔ float, by tables. Rounds to nearest even; beyond 65,504 it saturates to infinity. */

const toFloat = new Float32Array(65_536);
for (let h = 0; h < 65_536; h++) {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 0x3ff;
  if (exponent === 0) toFloat[h] = sign * fraction * 2 ** -24;
  else if (exponent === 31) toFloat[h] = fraction ? NaN : sign * Infinity;
  else toFloat[h] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

export function halfToFloat(half: number): number {
  return toFloat[half]!;
}

export function floatToHalf(value: number): number {
  scratchFloat[0] = value;
  const bits = scratchBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  let mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  const e = exponent - 112;
  if (e >= 31) return sign | 0x7c00;
  if (e <= 0) {
    if (e < -10) return sign;
    mantissa |= 0x800000;
    const shift = 14 - e;
    const half = mantissa >>> shift;
    const rest = mantissa & ((1 << shift) - 1);
    const middle = 1 << (shift - 1);
    return sign | (half + (rest > middle || (rest === middle && half & 1) ? 1 : 0));
  }
  const half = (e << 10) | (mantissa >>> 13);
  const rest = mantissa & 0x1fff;
  // A carry out of the mantissa moves into the exponent, which is what rounding up should do.
  return sign | (half + (rest > 0x1000 || (rest === 0x1000 && half & 1) ? 1 : 0));
}

/** Widens `source` into `target` (same length). */
export function halvesToFloats(source: Uint16Array, target: Float32Array): void {
  for (let i = 0; i < source.length; i++) target[i] = toFloat[source[i]!]!;
}

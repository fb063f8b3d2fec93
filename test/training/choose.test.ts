import { describe, expect, it } from 'vitest';
import { chosenVariant, variantTable, type Variant } from '../../training/card/choose.ts';

const variant = (name: string, megabytes: number, right: number): Variant => ({
  name,
  megabytes,
  right: { full: [right, 500], 'cache 8x': [right, 500] },
  prefill: 5000,
  decode: 400,
});

describe('the bundled variant', () => {
  it('is the smallest that is as good as the best within a point', () => {
    expect(chosenVariant([variant('fp32', 26, 400), variant('int8', 8, 398), variant('int4', 5, 396)]).name).toBe(
      'int4',
    );
    expect(chosenVariant([variant('fp32', 26, 400), variant('int8', 8, 398), variant('int4', 5, 390)]).name).toBe(
      'int8',
    );
  });

  it('fits into the extension, whatever it costs', () => {
    expect(chosenVariant([variant('fp32', 26, 400), variant('int8', 8, 300), variant('int4', 5, 200)]).name).toBe(
      'int8',
    );
    expect(() => chosenVariant([variant('fp32', 26, 400)])).toThrow('15 MB');
  });

  it('is marked in the table', () => {
    const lines = variantTable([variant('fp32', 26, 400), variant('int4', 5, 399)]).split('\n');
    expect(lines[2]).toBe('| fp32 | 26.0 | 80.0 % (400 of 500) | 80.0 % (400 of 500) | 5000 | 400 |');
    expect(lines[3]).toContain('**int4**');
  });
});

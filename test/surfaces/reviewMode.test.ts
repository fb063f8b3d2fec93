import { expect, test } from 'vitest';
import { reviewModesFor } from '../../src/host/editor/findings.ts';
import { readValues } from '../../src/host/settings/values.ts';
import { covers } from './covers.ts';

test(
  'cribsheet.review.mode decides what the review of a covered definition asks, one after the other',
  covers(['setting review.mode'], () => {
    const asked = (mode: unknown): string[] => {
      const { review } = readValues((key) => (key === 'review.mode' ? mode : undefined));
      return reviewModesFor(review.mode, true);
    };
    expect(asked('cache')).toEqual(['cache']);
    expect(asked('rag')).toEqual(['rag']);
    expect(asked('both')).toEqual(['cache', 'rag']);
    expect(asked('anything else')).toEqual(asked('both'));
  }),
);

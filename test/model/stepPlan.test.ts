import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../src/common/limits.ts';
import { StepPlan } from '../../src/engine/model/stepPlan.ts';

test('steps stay within the time they may take, once the rate is known', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 10, noNaN: true }), (rate) => {
      const plan = new StepPlan();
      plan.observe(64, 64 * rate);
      const size = plan.size(10_000);
      expect(size).toBeGreaterThanOrEqual(limits.minStepTokens);
      expect(size).toBeLessThanOrEqual(limits.maxStepTokens);
      if (size > limits.minStepTokens) expect(size * rate).toBeLessThanOrEqual(limits.stepMs);
    }),
  );
});

test('never more than what is left; a fixed plan is fixed', () => {
  expect(new StepPlan().size(5)).toBe(5);
  expect(new StepPlan(48).size(1000)).toBe(48);
});

import type { StrategyName } from '../../../common/names.ts';
import type { Task } from '../../../common/task.ts';
import { topPositions } from '../select.ts';
import type { Granularity, KeptPositions, Probe, ProbeView, Strategy } from '../strategy.ts';

/**
 * M0: the seed paper (arXiv 2503.04973, section 3) on FINCH's score (arXiv 2408.00167, section 5.1): the attention of
 * the task prompt's rows, summed. FINCH's row factor nonzero/(m+c) lies in [(m+c)/(m+c+q), 1] and changes next to
 * nothing for q ≪ m; the authors' released code drops it (commit bc894e7), and so does this.
 * Per layer it sums over all heads, as the paper does; per KV head it keeps each head's own set, which costs the same
 * slots and is the default here.
 */
export class TaskAttention implements Strategy {
  readonly name: StrategyName;
  readonly source = 'arXiv 2503.04973 section 3; arXiv 2408.00167 section 5.1';
  private readonly fewShot: boolean;
  private readonly granularity: Granularity;

  constructor(name: 'm0-zs' | 'm0-fs', granularity: Granularity = 'head') {
    this.name = name;
    this.fewShot = name === 'm0-fs';
    this.granularity = granularity;
  }

  probe(task: Task): Probe {
    return { rows: 'task', instruction: task.instruction, examples: this.fewShot ? task.examples : [] };
  }

  select({ sums, layers, kvHeads, tokens }: ProbeView, keep: number): KeptPositions {
    if (!sums) throw new Error(`${this.name} needs probe attention`);
    return Array.from({ length: layers }, (_, layer) => {
      const heads = Array.from({ length: kvHeads }, (_, h) => sums[layer]!.subarray(h * tokens, (h + 1) * tokens));
      if (this.granularity === 'head') return heads.map((scores) => topPositions(scores, keep));
      const shared = topPositions(sumOf(heads), keep);
      return heads.map(() => shared);
    });
  }
}

function sumOf(heads: readonly Float32Array[]): Float64Array {
  const total = new Float64Array(heads[0]?.length ?? 0);
  for (const head of heads) for (let i = 0; i < total.length; i++) total[i]! += head[i]!;
  return total;
}

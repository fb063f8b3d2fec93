import type { Task } from '../../../common/task.ts';
import type { Decoder } from '../../model/decoder.ts';
import type { RetrievalHeads, RetrievalKind } from '../../model/measured.ts';
import { apportion } from '../budgets.ts';
import { retrievalHeads } from '../retrievalHeads.ts';
import { rowAttention } from '../rowAttention.ts';
import { everyHead, keepBest, pooled } from '../scores.ts';
import type { KeptPositions, Need, Probe, ProbeView, Scores, Strategy } from '../strategy.ts';

const HEADS = 4;
const ROWS = 8;
const KERNEL = 5;
const PEAK = 3;

/**
 * CompressKV (arXiv 2508.02401): per layer only the four heads that fetch semantics (found on the installed model,
 * `retrievalHeads.ts`) decide, by the last eight rows of the probe, pooled over five positions; one set for all heads
 * of a layer; layers share the budget by the error that a small cache makes in them, between a quarter and three times
 * an equal share. The paper's rows are the end of the prompt with the question in it; here they are the task's, since a
 * sheet is made before the question is known.
 */
export class CompressKv implements Strategy {
  readonly name: Strategy['name'];
  readonly source = 'CompressKV, arXiv 2508.02401';
  readonly needs: readonly Need[] = ['raw', 'kv'];
  readonly peak = PEAK;
  readonly usesMeasured = true;
  private readonly kind: RetrievalKind;
  private measured: RetrievalHeads | undefined;

  /** @param kind on what kind of facts the heads are found */
  constructor(kind: RetrievalKind = 'values') {
    this.kind = kind;
    this.name = kind === 'values' ? 'compresskv' : `compresskv/${kind}`;
  }

  /** Takes what was measured of the model, or measures it once a process. */
  async prepare(decoder: Decoder, signal?: AbortSignal): Promise<void> {
    this.measured ??= decoder.measured?.retrieval[this.kind] ?? (await retrievalHeads(decoder, signal, this.kind));
  }

  probe(task: Task): Probe {
    return { rows: 'task', instruction: task.instruction, examples: task.examples };
  }

  /** Summed attention of the last rows in the layer's best heads, pooled: one score for all heads of the layer. */
  score(view: ProbeView): Scores {
    const { heads } = this.requireMeasured();
    const layers = heads.map((order, layer) => {
      const sum = new Float64Array(view.tokens);
      for (const head of order.slice(0, HEADS)) {
        const weights = rowAttention(view, layer, head, Math.max(0, view.rows! - ROWS));
        for (const row of weights) row.forEach((x, i) => (sum[i]! += x));
      }
      return pooled(sum, KERNEL);
    });
    return everyHead(view, (layer) => layers[layer]!);
  }

  select(view: ProbeView, keep: number): KeptPositions {
    const { layerErrors } = this.requireMeasured();
    const most = Math.min(view.tokens, PEAK * keep);
    const counts = apportion(layerErrors, keep * view.layers, Math.min(keep, Math.ceil(keep / 4)), most);
    return keepBest(this.score(view), counts);
  }

  private requireMeasured(): RetrievalHeads {
    if (!this.measured) throw new Error('compresskv has not been prepared');
    return this.measured;
  }
}

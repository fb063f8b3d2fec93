import type { Task } from '../../src/common/task.ts';
import { Compressor } from '../../src/engine/compress/compressor.ts';
import { appendKept } from '../../src/engine/compress/gather.ts';
import { encodeSegment } from '../../src/engine/compress/encode.ts';
import { strategyByName } from '../../src/engine/compress/strategies/byName.ts';
import type { StrategyName } from '../../src/common/names.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { generate } from '../../src/engine/model/generate.ts';
import type { Lane } from '../../src/engine/model/lane.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import type { Context } from './contexts.ts';

/** How a question's context is read. */
export type Arm =
  /** All of it in one pass, nothing dropped. */
  | { name: string; read: 'full' }
  /** Segments prefilled apart, one position kept of every `ratio`. */
  | { name: string; read: 'cache'; ratio: number; strategy: StrategyName }
  /** Nothing at all: what can be guessed. */
  | { name: string; read: 'none' };

export interface Said {
  text: string;
  /** `Confidence.mean` of the engine, and its `least`. */
  confidence: number;
  least: number;
  tokens: number;
  ms: number;
}

export interface Graded {
  kind: string;
  question: string;
  gold: string;
  /** Word for word, but for blanks around it. */
  right: boolean;
  said: Said;
}

/** Answers the questions of contexts through the product's own decoder, compressor and sampling. */
export class Reader {
  private readonly decoder: Decoder;
  private readonly lane: Lane;
  private readonly scratch: Lane;

  constructor(decoder: Decoder) {
    this.decoder = decoder;
    this.lane = decoder.lane(priorities.answer, 2048);
    this.scratch = decoder.lane(priorities.answer, 1024);
  }

  /** @returns one answer a question; undefined where the context does not fit into the model's window */
  private async answers(context: Context, arm: Arm): Promise<Said[] | undefined> {
    const { lane, decoder } = this;
    lane.kv.truncate(0);
    const preamble = decoder.chat.preamble();
    if (arm.read === 'none') await lane.append(preamble);
    if (arm.read === 'full') {
      const ids = context.segments.flatMap((s) => encodeSegment(decoder.tokenizer, s, decoder.profile.fileMark).ids);
      if (preamble.length + ids.length + 256 > decoder.window) return undefined;
      await lane.append([...preamble, ...ids]);
    }
    if (arm.read === 'cache') {
      const compressor = new Compressor(decoder, this.scratch);
      const strategy = strategyByName(arm.strategy);
      appendKept(lane.kv, await compressor.compressPreamble(), decoder.frequencies);
      for (const segment of context.segments) {
        appendKept(
          lane.kv,
          await compressor.compress(segment, taskOf(context), strategy, arm.ratio),
          decoder.frequencies,
        );
      }
    }
    const length = lane.kv.length;
    const said: Said[] = [];
    for (const { question } of context.questions) {
      lane.kv.truncate(length);
      said.push(await this.tell(question));
    }
    return said;
  }

  /** The questions of a context with what was said to each; none where the context does not fit into the window. */
  async graded(context: Context, arm: Arm): Promise<Graded[]> {
    const said = await this.answers(context, arm);
    return context.questions.flatMap(({ kind, question, answer }, i) => {
      const here = said?.[i];
      return here ? [{ kind, question, gold: answer, right: here.text === answer.trim(), said: here }] : [];
    });
  }

  private async tell(question: string): Promise<Said> {
    const { lane, decoder } = this;
    const began = performance.now();
    await lane.append(decoder.chat.question(question));
    const { text, tokens, confidence } = await generate(lane, decoder.tokenizer, {
      maxTokens: decoder.profile.answerTokens,
      endTokens: decoder.endTokens,
      sampling: { temperature: 0, topP: 1 },
    });
    return {
      text: text.trim(),
      confidence: confidence?.mean ?? 0,
      least: confidence?.least ?? 0,
      tokens: tokens.length,
      ms: performance.now() - began,
    };
  }
}

function taskOf({ instruction }: Context): Task {
  return { id: 'card', title: '', description: '', instruction, examples: [], scope: [] };
}

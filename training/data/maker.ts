import { codeSample, needleSample, reviewSample, type Body, type Tools } from './codeSample.ts';
import { Draw } from './draw.ts';
import { examplesFor } from './examples.ts';
import { instructionFor } from './instructions.ts';
import type { Family, Sample, SampleRequest } from './request.ts';
import { worldSample } from './worldSample.ts';

/** Longer answers would be cut off by the product's own limit. */
const mostAnswerTokens = 64;

const bodies: Record<Family, (request: SampleRequest, tools: Tools, draw: Draw) => Body> = {
  code: codeSample,
  review: reviewSample,
  needles: needleSample,
  memberships: worldSample,
  extraction: worldSample,
};

/** Makes samples: each a pure function of corpus, tokenizer and request. */
export class SampleMaker {
  private readonly tools: Tools;

  constructor(tools: Tools) {
    this.tools = tools;
  }

  make(request: SampleRequest): Sample {
    const { seed, family, form, split } = request;
    const { corpus, count } = this.tools;
    const draw = new Draw(JSON.stringify(request));
    const { context, questions } = bodies[family](request, this.tools, draw);
    const { names, segments } = context;
    return {
      seed,
      family,
      form,
      instruction: instructionFor(family, draw),
      examples: examplesFor(family, segments.join(''), () => corpus.pick(split, draw), draw),
      segments,
      names,
      questions: questions.filter(({ answer }) => count(answer) <= mostAnswerTokens),
    };
  }
}

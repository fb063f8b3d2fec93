import { codeKind, definedNames } from '../../src/engine/corpus/naming.ts';
import { ask } from './askDefinitions.ts';
import type { Draw } from './draw.ts';
import { findingNames, noFindings } from './findings.ts';
import { hasWord } from './facts.ts';
import { isFreeName } from './names.ts';
import type { Package } from './packages.ts';
import { reviewPhrasings } from './reviewPhrasings.ts';
import type { Asked, Family, Sample } from './request.ts';
import { renderedPath } from './select.ts';
import { worded } from './wording.ts';

const share = 0.15;

/** Mostly none; else two to four questions with answers about things that the context does not name. */
export function examplesFor(family: Family, text: string, pick: () => Package, draw: Draw): Sample['examples'] {
  if (!draw.chance(share)) return [];
  const wanted = draw.int(2, 4);
  const examples: Sample['examples'] = [];
  for (let tries = 0; examples.length < wanted && tries < 12; tries++) {
    const one = family === 'review' ? reviewExample(pick(), text, draw) : lookupExample(pick(), text, draw);
    if (one) examples.push({ question: one.question, answer: one.answer });
  }
  return examples;
}

function lookupExample(from: Package, text: string, draw: Draw): Asked | undefined {
  if (from.files.length === 0) return undefined;
  const chunk = draw.pick(from.chunks(draw.pick(from.files)));
  const { name, kind, parameters, returns, doc } = chunk;
  if (kind === codeKind || definedNames(chunk).length !== 1 || !isFreeName(name) || hasWord(text, name))
    return undefined;
  const path = renderedPath(chunk.path);
  const slots = { n: name, kind };
  const options: Asked[] = [ask('where', slots, `${kind} in ${path}`, draw)];
  const isShort = (value: string | undefined): value is string =>
    value !== undefined && value !== '' && value.length < 90;
  if (isShort(parameters)) {
    options.push(ask('signature', slots, `${name}(${parameters})${isShort(returns) ? `: ${returns}` : ''}`, draw));
  }
  if (isShort(returns)) options.push(ask('returns', slots, returns, draw));
  if (isShort(doc))
    options.push(ask('documentation', slots, doc, draw), ask('reverse documentation', { d: doc }, name, draw));
  return draw.pick(options);
}

function reviewExample(from: Package, text: string, draw: Draw): Asked | undefined {
  if (from.names.length === 0) return undefined;
  const name = draw.pick(from.names);
  if (!isFreeName(name) || hasWord(text, name)) return undefined;
  const answer = draw.chance(0.4) ? noFindings : draw.pick(findingNames);
  return { kind: 'review', question: worded(draw.pick(reviewPhrasings), { n: name, kind: 'function' }, draw), answer };
}

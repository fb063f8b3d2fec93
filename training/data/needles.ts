import type { Draw } from './draw.ts';
import { notHere } from './askDefinitions.ts';
import { place } from './entities.ts';
import type { WorkChunk } from './select.ts';
import type { Asked } from './request.ts';
import type { Present } from './context.ts';

/** A sentence hidden in code: {a} is what it tells of {s}. */
interface Needle {
  attribute: Attribute;
  subject: string;
  value: string;
  chunk: WorkChunk;
}

interface Attribute {
  name: string;
  digits: boolean;
}

const attributes: Attribute[] = [
  { name: 'access code', digits: true },
  { name: 'locker number', digits: true },
  { name: 'serial number', digits: true },
  { name: 'phone extension', digits: true },
  { name: 'door code', digits: true },
  { name: 'registration number', digits: true },
  { name: 'pass phrase', digits: false },
  { name: 'code word', digits: false },
  { name: 'call sign', digits: false },
  { name: 'nickname', digits: false },
];

/** How a needle says it; {a}: attribute, {s}: subject, {v}: value. */
const sentences = [
  'The {a} of the {s} is {v}.',
  'The {a} of the {s} is {v}.',
  'Note: the {a} for the {s} is {v}.',
  'For the {s}, the {a} is {v}.',
  '{s}: {a} {v}',
  'Remember that the {s} has the {a} {v}.',
];

/** How a needle is asked for. An evaluation's phrasings must be none of these. */
export const needlePhrasings = [
  'What is the {a} of the {s}?',
  '{a} of the {s}',
  'Which {a} does the {s} have?',
  'Tell me the {a} of the {s}.',
  'What {a} is written down for the {s}?',
  'the {s}: what is its {a}?',
  'Give me the {a} for the {s}.',
  'Find the {a} of the {s}.',
  'I need the {a} of the {s}.',
  'what was the {a} of the {s}',
] as const;

const letters = 'abcdefghijklmnoprstuvwz';

/** Hides sentences in chunks, as comments. Few subjects and attributes, so that several needles are alike. */
export function hideNeedles(chunks: readonly WorkChunk[], count: number, draw: Draw): Needle[] {
  const kinds = draw.some(attributes, draw.int(1, 4));
  const used = new Set<string>();
  const stem = place(draw).split(' ');
  return draw
    .some(
      chunks.filter((chunk) => markOf(chunk) !== undefined),
      count,
    )
    .flatMap((chunk): Needle[] => {
      const attribute = draw.pick(kinds);
      const [first, second] = place(draw).split(' ');
      const subject = draw.chance(0.6)
        ? `${first} ${second}`
        : draw.chance(0.5)
          ? `${stem[0]} ${second}`
          : `${first} ${stem[1]}`;
      const key = `${attribute.name} ${subject}`;
      if (used.has(key)) return [];
      used.add(key);
      const value = attribute.digits ? digits(draw) : word(draw);
      hide(chunk, fill(draw.pick(sentences), attribute, subject).replace('{v}', value), draw);
      return [{ attribute, subject, value, chunk }];
    });
}

function fill(form: string, { name }: Attribute, subject: string): string {
  return form.replace('{a}', name).replace('{s}', subject);
}

function digits(draw: Draw): string {
  const length = draw.int(4, 12);
  return Array.from({ length }, (_, i) => String(draw.int(i === 0 ? 1 : 0, 9))).join('');
}

function word(draw: Draw): string {
  return Array.from({ length: draw.int(5, 9) }, (_, i) =>
    i % 2 === 0 ? draw.pick([...letters]) : draw.pick([...'aeiou']),
  ).join('');
}

/** The comment mark of a language; undefined where a line of comment may stand nowhere. */
function markOf({ language }: WorkChunk): string | undefined {
  if (/^(?:python|ruby|bash|yaml|toml)$/.test(language)) return '#';
  if (/^(?:typescript|tsx|javascript|go|rust|java|c|cpp|csharp|php)$/.test(language)) return '//';
  return undefined;
}

/** Before a random line of the chunk, never inside of a string or comment of several lines. */
function hide(chunk: WorkChunk, sentence: string, draw: Draw): void {
  const lines = chunk.text.split('\n');
  const open = linesInside(lines);
  const last = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  const places = Array.from({ length: last + 1 }, (_, i) => i).filter((at) => !open[at]);
  const at = draw.pick(places.length > 0 ? places : [0]);
  const near = lines[at]?.trim() ? lines[at] : (lines[at - 1] ?? '');
  lines.splice(at, 0, `${/^[ \t]*/.exec(near)![0]}${markOf(chunk)!} ${sentence}`);
  chunk.text = lines.join('\n');
}

/** For each line: does it begin inside of a docstring, template or block comment? By counting marks, which is enough here. */
function linesInside(lines: readonly string[]): boolean[] {
  let inside = false;
  return [...lines, ''].map((line) => {
    const before = inside;
    const toggles = (line.match(/"""|'''|`/g) ?? []).length;
    if (toggles % 2 === 1) inside = !inside;
    if (line.includes('/*') && !line.includes('*/')) inside = true;
    else if (line.includes('*/')) inside = false;
    return before;
  });
}

/** A question for each needle that stands in the context, some of them twice. */
export function needleQuestions(needles: readonly Needle[], present: readonly Present[], draw: Draw): (() => Asked)[] {
  const there = new Set(present.map(({ chunk }) => chunk));
  return needles
    .filter(({ chunk, value }) => there.has(chunk) && chunk.text.includes(value))
    .flatMap((one) => {
      const ask = (): Asked => ({
        kind: 'needle',
        question: phrased(one.attribute, one.subject, draw),
        answer: one.value,
      });
      return [ask, ask];
    });
}

function phrased(attribute: Attribute, subject: string, draw: Draw): string {
  return fill(draw.pick(needlePhrasings), attribute, subject);
}

/** A question for something that no needle tells: another subject, or another attribute of one that has a needle. */
export function needleAbsent(needles: readonly Needle[], text: string, draw: Draw): Asked | undefined {
  if (needles.length === 0) return undefined;
  const one = draw.pick(needles);
  const subject = draw.chance(0.5) ? place(draw) : `${place(draw).split(' ')[0]!} ${one.subject.split(' ')[1]!}`;
  if (text.includes(subject)) return undefined;
  return { kind: 'absent', question: phrased(one.attribute, subject, draw), answer: notHere };
}

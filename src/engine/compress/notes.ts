import { throwIfCancelled } from '../../common/errors.ts';
import type { Task } from '../../common/task.ts';
import type { Segment } from '../corpus/types.ts';
import type { Decoder } from '../model/decoder.ts';
import { generate } from '../model/generate.ts';
import { priorities } from '../model/runQueue.ts';

/** Most tokens of the outline that the model reads, and of the notes that it writes. */
const OUTLINE_TOKENS = 1_024;
const NOTES_TOKENS = 256;
/** Notes shorter than this, or that mostly repeat themselves, are none. */
const LEAST_TOKENS = 24;
const LEAST_DISTINCT = 0.4;

/** What the model is asked to write, in the spirit of CacheNotes' prompt (a student who prepares a cheat sheet). */
export const notesRequest =
  'Write a cheat sheet of this code for the task: the names that matter, what each is for, and how they belong together.';

/**
 * The model's own notes on a workspace for a task, written once per sheet: it reads the first lines of every segment
 * (paths and names, see the rendering) and writes what the task will need. Greedy, so the same workspace gives the same.
 * @throws CribsheetError `cancelled`
 * @returns undefined where what it writes is no cheat sheet (too short, or repeating itself): examples stand in then
 */
export async function writeNotes(
  decoder: Decoder,
  task: Task,
  segments: readonly Segment[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { tokenizer, chat, window, endTokens } = decoder;
  const question = chat.question(`${task.instruction}\n\n${notesRequest}`);
  const preamble = chat.preamble();
  const room = Math.min(OUTLINE_TOKENS, window - preamble.length - question.length - NOTES_TOKENS);
  if (room < LEAST_TOKENS) return undefined;
  const outline = tokenizer.encodeText(outlineOf(segments)).slice(0, room);
  const lane = decoder.lane(priorities.compress, preamble.length + outline.length + question.length + NOTES_TOKENS);
  await lane.append([...preamble, ...outline, ...question], { signal });
  const said = await generate(lane, tokenizer, {
    maxTokens: NOTES_TOKENS,
    endTokens,
    sampling: { temperature: 0, topP: 1 },
    stopLoops: true,
    signal,
  });
  throwIfCancelled(signal);
  return isNotes(said.tokens) ? said.text.trim() : undefined;
}

/** Every segment's file and card lines, in order: each rendered line whose text starts one of them. */
function outlineOf(segments: readonly Segment[]): string {
  return segments
    .map(({ text, lines, chunks }) => {
      const named = new Set(chunks.map((c) => `${c.path}\n${c.nameLine}`));
      return lines
        .map((l, i) => ({ ...l, text: text.slice(l.start, lines[i + 1]?.start ?? text.length) }))
        .filter(
          (l, i) => l.path !== lines[i - 1]?.path || (l.text.startsWith('# ') && named.has(`${l.path}\n${l.line}`)),
        )
        .map((l) => l.text)
        .join('');
    })
    .join('');
}

/** Long enough, and not the same few tokens over and over. */
export function isNotes(tokens: readonly number[]): boolean {
  const pairs = new Set(tokens.slice(1).map((token, i) => `${tokens[i]!} ${token}`));
  return tokens.length >= LEAST_TOKENS && pairs.size >= LEAST_DISTINCT * tokens.length;
}

import { throwIfCancelled } from '../../common/errors.ts';
import type { Run } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { count, plural } from '../format.ts';
import { openWorkspace } from '../openWorkspace.ts';
import { bold, dim } from '../styled.ts';

/** Prints the segments of a folder as the model's profile renders and packs them. */
export const run: Run = async (context) => {
  const { args, out, json, say, signal } = context;
  const { workspace } = await openWorkspace(context, context.engine(), args.positionals[0]!);
  const segments = await workspace.segments(args.list('scope'));
  for (const { id, paths, tokens, text, chunks } of segments) {
    throwIfCancelled(signal);
    if (json) await out.json({ id, paths, tokens, text, chunks });
    else
      await out.line(
        bold(id.slice(0, 12)),
        ` ${plural(tokens, 'token').padStart(12)}  ${cleanLine(paths.join(', '))} `,
        dim(plural(chunks.length, 'chunk')),
      );
  }
  const tokens = segments.reduce((sum, s) => sum + s.tokens, 0);
  await say(dim(`${plural(segments.length, 'segment')}, ${count(tokens)} tokens.`));
  return undefined;
};

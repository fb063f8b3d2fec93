import { throwIfCancelled } from '../../common/errors.ts';
import type { Chunk } from '../../engine/corpus/types.ts';
import type { Run } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { plural } from '../format.ts';
import { openWorkspace } from '../openWorkspace.ts';
import { bold, dim } from '../styled.ts';

/** Prints every chunk of a folder, or what is left out of it. Loads no model. */
export const run: Run = async (context) => {
  const { args, out, json, say, signal } = context;
  const { workspace, refreshed } = await openWorkspace(
    context,
    context.engine({ noModel: true }),
    args.positionals[0]!,
  );
  if (args.has('skipped')) {
    for (const { path, reason } of refreshed.skipped) {
      throwIfCancelled(signal);
      if (json) await out.json({ path, reason });
      else await out.line(`${cleanLine(path)}  `, dim(reason));
    }
    await say(
      dim(
        `${plural(refreshed.skipped.length, 'file or folder', 'files and folders')} left out, ${plural(refreshed.files, 'file')} let in.`,
      ),
    );
    return undefined;
  }
  let chunks = 0;
  for (const chunk of workspace.chunks()) {
    throwIfCancelled(signal);
    chunks++;
    if (json) await out.json(contractOf(chunk));
    else {
      const { path, startLine, endLine, kind, qualifiedName } = chunk;
      await out.line(
        `${cleanLine(path)}:${startLine}-${endLine} `,
        dim(cleanLine(kind)),
        ' ',
        bold(cleanLine(qualifiedName)),
      );
    }
  }
  await say(
    dim(
      `${plural(chunks, 'chunk')} in ${plural(refreshed.files, 'file')}, ${refreshed.skipped.length} left out (--skipped lists them).`,
    ),
  );
  return undefined;
};

/** Exactly the fields that docs/cli.md promises; what a chunk has not is null. */
function contractOf(chunk: Chunk): Record<string, unknown> {
  const { path, startLine, endLine, kind, name, qualifiedName, parameters, returns, doc, language, text } = chunk;
  return {
    path,
    startLine,
    endLine,
    kind,
    name,
    qualifiedName,
    parameters: parameters ?? null,
    returns: returns ?? null,
    doc: doc ?? null,
    language,
    text,
  };
}

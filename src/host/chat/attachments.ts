import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { LineRange } from '../../common/answers.ts';
import { locate } from '../paths.ts';

/** More things than this added to one question say nothing any more. */
const MAX_ATTACHMENTS = 50;

/** `list` and what of `more` is not in it yet. */
export function withAttachments(list: readonly LineRange[], more: readonly LineRange[]): LineRange[] {
  const all = [...list];
  for (const { path, startLine, endLine } of more) {
    const isKnown = all.some((r) => r.path === path && r.startLine === startLine && r.endLine === endLine);
    if (!isKnown && path !== '') all.push({ path, startLine, endLine });
  }
  return all.slice(0, MAX_ATTACHMENTS);
}

/** Files and folders that were dropped, as far as they are there and lie in one of the roots. */
export async function droppedFiles<R extends { root: string }>(
  uris: readonly string[],
  roots: readonly R[],
): Promise<{ root: string; range: LineRange }[]> {
  const found: { root: string; range: LineRange }[] = [];
  for (const uri of uris) {
    const file = pathOf(uri);
    const place = file === undefined ? undefined : locate(roots, file);
    if (file === undefined || !place || place.path === '') continue;
    const stats = await stat(file).catch(() => undefined);
    if (!stats?.isFile() && !stats?.isDirectory()) continue;
    const path = stats.isDirectory() ? `${place.path}/` : place.path;
    found.push({ root: place.root.root, range: { path, startLine: 0, endLine: 0 } });
  }
  return found;
}

/** Path on this machine. In a remote window VS Code names files of the remote machine, which is this one. */
function pathOf(uri: string): string | undefined {
  try {
    const url = new URL(uri);
    if (url.protocol === 'file:') return fileURLToPath(url);
    return url.protocol === 'vscode-remote:' ? fileURLToPath(`file://${url.pathname}`) : undefined;
  } catch {
    return undefined;
  }
}

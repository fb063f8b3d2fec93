import { createHash } from 'node:crypto';
import path from 'node:path';
import { limits } from '../../common/limits.ts';
import { readRegularFile } from '../corpus/openFile.ts';

/** The text of a file as it is on disk now. */
export interface CurrentFile {
  hash: string;
  /** Without line ends; none in an empty file. */
  lines: string[];
}

/** Reads files of the workspace for checking citations; each at most once per answer. */
export class CurrentSources {
  private readonly root: string;
  private readonly files = new Map<string, Promise<CurrentFile | undefined>>();

  constructor(root: string) {
    this.root = root;
  }

  /** Undefined where the file is gone, unreadable or outside the workspace. */
  read(file: string): Promise<CurrentFile | undefined> {
    let found = this.files.get(file);
    if (!found) this.files.set(file, (found = this.load(file)));
    return found;
  }

  private async load(file: string): Promise<CurrentFile | undefined> {
    const full = path.resolve(this.root, file);
    const inside = path.relative(this.root, full);
    if (inside === '' || path.isAbsolute(inside) || inside.split(path.sep)[0] === '..') return undefined;
    const bytes = await readRegularFile(full, limits.maxFileBytes);
    if (typeof bytes === 'string') return undefined;
    const hash = createHash('sha256').update(bytes).digest('hex');
    const lines = Buffer.from(bytes)
      .toString('utf8')
      .split(/\r\n|\r|\n/);
    // A line end at the very end opens no further line.
    if (lines.at(-1) === '') lines.pop();
    return { hash, lines };
  }
}

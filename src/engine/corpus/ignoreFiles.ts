import { limits } from '../../common/limits.ts';
import { readRegularFile } from './openFile.ts';

export const gitFileName = '.gitignore';
/** The user's own rules on top of git's; see `precedence.ts`. */
export const cribFileName = '.cribsheetignore';

/**
 * Text of an ignore file; empty where there is none to read. As git does, symbolic links are not followed. An ignore
 * file that cannot be read or is too large shows up among the skipped files of the corpus, because it is one itself.
 */
export async function readIgnoreFile(path: string): Promise<string> {
  const bytes = await readRegularFile(path, limits.maxFileBytes);
  return typeof bytes === 'string' ? '' : new TextDecoder().decode(bytes);
}

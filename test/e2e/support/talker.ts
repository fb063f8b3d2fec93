import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { modelFolder } from '../../model/fixtures.ts';
import { work } from './folders.ts';

/**
 * A model of the tests that always says something, at once and the same again: what is tested does not stand on what
 * the bundled model has learnt. @returns its folder
 */
export async function talker(name: string): Promise<string> {
  const folder = path.join(work, 'models', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await cp(modelFolder('qwen3-fp32'), folder, { recursive: true });
  await writeFile(path.join(folder, 'cribsheet.json'), JSON.stringify({ name, answerTokens: 6, sheetTokens: 512 }));
  return folder;
}

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import manifest from '../package.json' with { type: 'json' };
import { stageRuntime } from './stage.ts';
import type { Target } from './targets.ts';

/**
 * Makes the VSIX of one target from a staged folder (`stageCommon`), which then holds that target's runtime.
 * @returns path of the file
 */
export async function packageTarget(stage: string, target: Target, out: string): Promise<string> {
  await stageRuntime(stage, target);
  await mkdir(out, { recursive: true });
  const file = path.join(out, `${manifest.name}-${manifest.version}-${target.name}.vsix`);
  await createVSIX({
    cwd: stage,
    target: target.name,
    packagePath: file,
    // The runtime lies in the staged folder already; vsce need not ask npm for it.
    dependencies: false,
    rewriteRelativeLinks: false,
    allowMissingRepository: true,
  });
  return file;
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** SwiftShader as Debian's chromium-common installs it: a Vulkan device in software. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

// The driver is chosen by an environment variable that the loader reads once: hence a process of its own.
test.skipIf(!existsSync(driver))('WebGPU on software Vulkan passes the self-test in short steps only', () => {
  const script = fileURLToPath(new URL('./webgpuRun.ts', import.meta.url));
  const env = { ...process.env, VK_ICD_FILENAMES: driver };
  const run = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
  const result = JSON.parse(run.stdout.split('\n').find((l) => l.startsWith('{')) ?? '{}') as Record<string, unknown>;
  // Where the Vulkan loader itself is missing there is no adapter, and that is said.
  if (result['code'] !== undefined) expect(result).toMatchObject({ code: 'device-unavailable' });
  else expect(result).toMatchObject({ device: 'webgpu', verified: true, maxStepTokens: 16 });
});

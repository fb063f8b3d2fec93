import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type * as Sqlite from 'node:sqlite';
import { promisify } from 'node:util';
import { errorRecord } from '../common/errors.ts';
import { limits } from '../common/limits.ts';
import { Grammars } from '../engine/corpus/grammars.ts';
import type { Engine } from '../engine/engine.ts';
import { bytesBelow } from '../engine/diskSize.ts';
import { selfTest } from '../engine/model/selfTest.ts';
import type { StoreLocation } from '../engine/storeLocation.ts';
import { bytes, count, plural } from './format.ts';

/** One line of the doctor. */
export interface CheckResult {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  message: string;
  /** What to do, where it is not ok. */
  action?: string;
}

type Finding = Omit<CheckResult, 'name'>;

const ok = (message: string): Finding => ({ status: 'ok', message });

/** Runs a check; what it throws is a failure with the error's own advice. */
export async function checked(name: string, check: () => Finding | Promise<Finding>): Promise<CheckResult> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    const { message, action } = errorRecord(error);
    return { name, status: 'fail', message, action };
  }
}

/** The entry has refused older ones already. */
export const checkNode = (): Finding => ok(`${process.versions.node} on ${process.platform} ${process.arch}`);

export function checkSqlite(): Finding {
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined;
  const action = 'Use Node 22.16 or later from https://nodejs.org.';
  if (!sqlite) return { status: 'fail', message: 'this Node has no SQLite', action };
  const db = new sqlite.DatabaseSync(':memory:');
  try {
    db.exec('CREATE VIRTUAL TABLE temp.p USING fts5 (x)');
    return ok(`${String(db.prepare('SELECT sqlite_version() AS v').get()?.['v'])} with full text search`);
  } catch {
    return { status: 'fail', message: 'this SQLite has no full text search (FTS5)', action };
  } finally {
    db.close();
  }
}

export async function checkRuntime(): Promise<Finding> {
  try {
    const ort = await import('onnxruntime-node');
    const providers = ort.listSupportedBackends().map((backend) => backend.name);
    return ok(`${ort.env.versions.node ?? ort.env.versions.common}, providers: ${providers.join(', ')}`);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    const action = 'Install Cribsheet again for this system; until then --no-model searches without a model.';
    return { status: 'fail', message: `onnxruntime-node does not load: ${why}`, action };
  }
}

export async function checkModel(engine: Engine, signal: AbortSignal): Promise<Finding> {
  const decoder = await engine.decoder();
  const { passed, finding } = await selfTest(decoder, signal);
  const { profile, device, window } = decoder;
  const message = `${profile.name} on ${device.device} (${device.reason}), window ${count(window)}: ${finding}`;
  return passed
    ? ok(message)
    : { status: 'fail', message, action: 'Install the model again, or use another one with --model.' };
}

export async function checkStore({ folder }: StoreLocation): Promise<Finding> {
  const probe = path.join(folder, `.doctor-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      status: 'fail',
      message: `${folder} cannot be written: ${why}`,
      action: 'Choose another place with --store or CRIBSHEET_STORE.',
    };
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
  const [blocks, all] = await Promise.all([bytesBelow(path.join(folder, 'blocks')), bytesBelow(folder)]);
  const message = `${folder}, ${bytes(all)}; ${bytes(blocks)} of them blocks (quota ${bytes(limits.storeBytes)})`;
  if (blocks <= limits.storeBytes) return ok(message);
  return { status: 'warn', message, action: 'Run "cribsheet sheets gc" to bring the blocks below their quota.' };
}

export async function checkGrammars(folder: string): Promise<Finding> {
  const grammars = await Grammars.open(folder);
  for (const language of Grammars.languages) await grammars.has(language);
  const { failures } = grammars;
  const loaded = Grammars.languages.filter((language) => !failures.has(language));
  if (failures.size === 0) return ok(plural(loaded.length, 'language'));
  const missing = [...failures].map(([language, why]) => `${language} (${why})`).join(', ');
  return {
    status: loaded.length > 0 ? 'warn' : 'fail',
    message: `${plural(loaded.length, 'language')}; files of others are cut by lines: ${missing}`,
    action: 'Install Cribsheet again, or run "npm run build" in the checkout.',
  };
}

export async function checkGit(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], {
      cwd: path.dirname(process.execPath),
      windowsHide: true,
    });
    return ok(stdout.trim());
  } catch {
    return {
      status: 'warn',
      message: 'git was not found: which files belong to a repository is told from its ignore files alone',
      action: 'Install git from https://git-scm.com and put it on the PATH.',
    };
  }
}

import type { ErrorRecord } from '../../common/errors.ts';
import type { ModelStatus } from '../../common/protocol.ts';
import { editorError } from '../editorError.ts';
import type { Figures } from '../figures.ts';
import { isReadable } from '../readableSheets.ts';
import type { Translate } from '../translate.ts';
import { changedFiles, standingOf } from '../trees/sheetText.ts';
import type { CompressJob } from '../worker/compressJobs.ts';
import type { SupervisorState } from '../worker/supervisor.ts';
import type { WorkspaceState } from '../worker/workspaces.ts';
import { jobText } from './jobText.ts';

/** All that the status item tells of. */
export interface StatusFacts {
  readable: 'yes' | 'no-folder' | 'untrusted' | 'virtual';
  supervisor: SupervisorState;
  model: ModelStatus;
  roots: readonly { name: string; state: WorkspaceState; job: CompressJob | undefined }[];
  /** Highlights are on: a click turns them off. */
  keptShown: boolean;
}

export interface StatusLine {
  /** With icons as VS Code writes them: `$(name)`. */
  text: string;
  /** Plain text, for the tooltip and for screen readers. */
  tooltip: string;
  level: 'normal' | 'warning' | 'error';
}

/** The one item in the status bar: model, sheet, progress. Short; the rest is in the tooltip and behind a click. */
export function statusLine(facts: StatusFacts, figures: Figures, t: Translate): StatusLine {
  const { short, icon, level } = headline(facts, figures, t);
  const click = facts.keptShown ? t('Click to hide the highlights.') : t('Click for details.');
  return {
    text: facts.keptShown ? `$(flame) ${t('Highlights on')}` : `$(${icon}) ${short}`,
    tooltip: [...statusFacts(facts, figures, t), click].join('\n'),
    level: facts.keptShown ? 'normal' : level,
  };
}

function headline(
  { readable, supervisor, model, roots }: StatusFacts,
  figures: Figures,
  t: Translate,
): { short: string; icon: string; level: StatusLine['level'] } {
  const name = model.state === 'ready' ? model.name : 'Cribsheet';
  const say = (rest: string, icon: string, level: StatusLine['level'] = 'normal') => ({
    short: rest === '' ? name : `${name}: ${rest}`,
    icon,
    level,
  });
  if (readable === 'no-folder') return { short: 'Cribsheet', icon: 'book', level: 'normal' };
  if (readable !== 'yes') return say(t('folder not read'), 'lock');
  if (supervisor.kind === 'failed') return say(t('engine stopped'), 'error', 'error');
  if (supervisor.kind === 'waiting') return say(t('engine restarts'), 'sync~spin', 'warning');
  const job = roots.map((root) => root.job).find((job) => job && job.state !== 'done' && job.state !== 'cancelled');
  if (job?.state === 'failed') return say(t('compression failed'), 'error', 'error');
  if (job?.state === 'running') {
    const left = job.msLeft === undefined ? [] : [figures.duration(job.msLeft)];
    return say([figures.percent(job.progress), ...left].join(' · '), 'sync~spin');
  }
  if (job) return say(t('paused at {0}', figures.percent(job.progress)), 'debug-pause');
  if (roots.some(({ state }) => state.kind === 'reading')) return say(t('reading files'), 'sync~spin');
  if (roots.some(({ state }) => state.kind === 'failed'))
    return say(t('folder could not be read'), 'warning', 'warning');
  if (supervisor.kind === 'no-model') return say(t('search only'), 'warning', 'warning');
  if (supervisor.kind === 'starting') return say(t('starting'), 'sync~spin');
  return { ...sheetsShort(roots, model, figures, t, say) };
}

function sheetsShort(
  roots: StatusFacts['roots'],
  model: ModelStatus,
  figures: Figures,
  t: Translate,
  say: (rest: string, icon: string) => { short: string; icon: string; level: StatusLine['level'] },
): { short: string; icon: string; level: StatusLine['level'] } {
  const all = roots.flatMap(({ state }) =>
    (state.sheets ?? []).map((sheet) => ({ sheet, changes: state.stale[sheet.id] })),
  );
  const sheets = all.filter(({ sheet }) => isReadable(sheet, model));
  // Nobody has asked for the sheets yet.
  if (roots.every(({ state }) => state.sheets === undefined)) return say('', 'book');
  if (all.length > 0 && sheets.length === 0) return say(t('no sheet for this model'), 'book');
  if (sheets.length === 0) return say(t('no sheet'), 'book');
  const stale = Math.max(...sheets.map(({ changes }) => changedFiles(changes)));
  if (stale > 0) return say(t('{0} stale', figures.files(stale)), 'history');
  const standings = sheets.map(({ sheet, changes }) => standingOf(sheet, changes));
  if (standings.includes('damaged')) return say(t('sheet damaged'), 'warning');
  if (standings.includes('partial')) return say(t('sheet partly built'), 'book');
  return say(t('sheet ready'), 'book');
}

/** The same at length: one line each for engine, model and every folder. */
export function statusFacts(facts: StatusFacts, figures: Figures, t: Translate): string[] {
  const { readable, supervisor, model, roots } = facts;
  const lines: string[] = [];
  if (readable === 'untrusted') lines.push(t('In Restricted Mode the folder is not read.'));
  if (readable === 'virtual') lines.push(t('A virtual folder cannot be read.'));
  if (readable === 'no-folder') lines.push(t('No folder is open.'));
  if (supervisor.error) lines.push(supervisor.error.message, supervisor.error.action);
  lines.push(modelLine(model, figures, t));
  for (const { name, state, job } of roots) {
    if (job && job.state !== 'done' && job.state !== 'cancelled') {
      const { title, detail } = jobText(job, figures, t, state.tasks);
      lines.push(`${name}: ${title}, ${detail}`);
    }
    if (state.kind === 'failed' && state.error) lines.push(`${name}: ${sentences(editorError(state.error, t))}`);
    else lines.push(`${name}: ${folderLine(state, figures, t)}`);
  }
  return lines;
}

export function modelLine(model: ModelStatus, figures: Figures, t: Translate): string {
  switch (model.state) {
    case 'ready': {
      const device = model.device.device === 'cpu' ? 'CPU' : model.device.device;
      return t('Model {0} on {1}, window of {2} positions', model.name, device, figures.count(model.window));
    }
    case 'failed':
      return sentences(editorError(model.error, t));
    case 'loading':
      return t('The model is being loaded.');
    case 'off':
      return t('No model: search only.');
    case 'unloaded':
      return t('The model is loaded with the first question.');
  }
}

const sentences = ({ message, action }: ErrorRecord): string => `${message} ${action}`;

/** Sheets of a folder, and what of them is stale. */
function folderLine(state: WorkspaceState, figures: Figures, t: Translate): string {
  if (state.kind === 'reading') {
    return state.files
      ? t('reading files, {0} of {1}', figures.count(state.files.done), figures.count(state.files.total))
      : t('reading files');
  }
  const sheets = state.sheets ?? [];
  if (sheets.length === 0) return t('no sheet yet, questions are answered by search (RAG)');
  const stale = Math.max(...sheets.map((sheet) => changedFiles(state.stale[sheet.id])));
  const names = sheets.map(({ task }) => task.title).join(', ');
  return stale > 0 ? t('{0} ({1} stale)', names, figures.files(stale)) : names;
}

import type { ModelStatus, SheetDetail } from '../../common/protocol.ts';
import type { SheetSummary } from '../../common/sheets.ts';
import { editorError } from '../editorError.ts';
import type { Figures } from '../figures.ts';
import { isReadable } from '../readableSheets.ts';
import { jobText } from '../status/jobText.ts';
import type { Translate } from '../translate.ts';
import type { CompressJob } from '../worker/compressJobs.ts';
import type { WorkspaceRoot, WorkspaceState } from '../worker/workspaces.ts';
import { bounded, type Entry } from './entry.ts';
import { groupByReason, reasonHint, reasonText } from './reasons.ts';
import { changedFiles, sheetDescription, sheetTooltip, standingOf } from './sheetText.ts';

/** What the rows of the sheets view are made of. */
export interface SheetSource {
  roots: readonly WorkspaceRoot[];
  state(root: string): WorkspaceState;
  job(root: string): CompressJob | undefined;
  model(): ModelStatus;
  /** Asked when somebody opens the list of covered files. */
  detail(root: string, sheetId: string): Promise<SheetDetail>;
}

/** A sheet in a row's id: what commands of its menu work on. */
export interface SheetTarget {
  root: string;
  sheet: SheetSummary;
}

export type SheetEntry = Entry & { target?: SheetTarget; root?: string };

/** The sheets view: folders, their sheets, and of each sheet its files by how they stand. */
export class SheetEntries {
  private readonly source: SheetSource;
  private readonly figures: Figures;
  private readonly t: Translate;
  private readonly details = new WeakMap<SheetSummary, Promise<string[]>>();

  constructor(source: SheetSource, figures: Figures, t: Translate) {
    this.source = source;
    this.figures = figures;
    this.t = t;
  }

  /** No rows where there is nothing to tell: the view then greets. */
  roots(): SheetEntry[] {
    const { roots } = this.source;
    const isEmpty = roots.every(({ root }) => {
      const state = this.source.state(root);
      const hasProblem = state.kind === 'failed' || state.summary?.gitProblem !== undefined;
      return !this.source.job(root) && (state.sheets ?? []).length === 0 && !hasProblem;
    });
    return isEmpty ? [] : roots.map((root) => this.rootEntry(root));
  }

  private rootEntry({ root, name }: WorkspaceRoot): SheetEntry {
    const { t, figures } = this;
    const { sheets, summary } = this.source.state(root);
    const files = summary ? figures.files(summary.files) : '';
    return {
      id: root,
      label: name,
      description: sheets?.length === 0 ? [t('no sheet yet'), files].filter((part) => part !== '').join(' · ') : files,
      tooltip: root,
      icon: 'root-folder',
      context: 'root',
      state: 'open',
      root,
      children: () => this.inRoot(root),
    };
  }

  private inRoot(root: string): SheetEntry[] {
    const { kind, error: failure, sheets = [], stale, summary } = this.source.state(root);
    const error = failure && editorError(failure, this.t);
    const rows: SheetEntry[] = [];
    if (kind === 'failed' && error) {
      rows.push({
        id: `${root}/error`,
        label: error.message,
        description: error.action,
        tooltip: `${error.message}\n${error.action}`,
        icon: 'error',
        color: 'list.errorForeground',
        context: 'problem',
        state: 'leaf',
        command: 'cribsheet.refresh',
      });
    }
    if (summary?.gitProblem !== undefined) rows.push(this.gitEntry(root, summary.gitProblem));
    const job = this.source.job(root);
    if (job && job.state !== 'done' && job.state !== 'cancelled') rows.push(this.jobEntry(root, job));
    rows.push(...sheets.map((sheet) => this.sheetEntry(root, sheet, stale[sheet.id])));
    if (sheets.length === 0 && summary) rows.push(...this.reasons(root, root, summary.skipped));
    return rows;
  }

  /** More may be in than git would let in: no failure, but to be known. */
  private gitEntry(root: string, problem: string): SheetEntry {
    const { t } = this;
    const label = t('Git did not say which files belong to this folder');
    const instead = t('Ignore files were read without it, so files may be in that git leaves out.');
    const advice = t('Install git, or let it read this folder (safe.directory), then click here.');
    return {
      id: `${root}/git`,
      label,
      description: problem,
      tooltip: [label, problem, instead, advice].join('\n'),
      icon: 'warning',
      color: 'list.warningForeground',
      context: 'problem',
      state: 'leaf',
      command: 'cribsheet.refresh',
    };
  }

  private jobEntry(root: string, job: CompressJob): SheetEntry {
    const { title, detail } = jobText(job, this.figures, this.t, this.source.state(root).tasks);
    const error = job.error && editorError(job.error, this.t);
    const icons = { running: 'sync~spin', waiting: 'watch', paused: 'debug-pause', failed: 'error' } as const;
    return {
      id: `${root}/job`,
      label: title,
      description: detail,
      tooltip: [title, detail, ...(error ? [error.message, error.action] : [])].join('\n'),
      icon: icons[job.state as keyof typeof icons],
      context: `job.${job.state}`,
      state: 'leaf',
      command: 'cribsheet.showStatus',
    };
  }

  private sheetEntry(
    root: string,
    sheet: SheetSummary,
    changes: WorkspaceState['stale'][string] | undefined,
  ): SheetEntry {
    const { t, figures } = this;
    const standing = standingOf(sheet, changes);
    const isOthers = !isReadable(sheet, this.source.model());
    const looks = {
      ready: { icon: 'book' },
      partial: { icon: 'circle-large-outline' },
      stale: { icon: 'history', color: 'list.warningForeground' },
      damaged: { icon: 'error', color: 'list.errorForeground' },
    } as const;
    return {
      id: `${root}/sheet/${sheet.id}`,
      label: sheet.task.title,
      description: [
        ...(isOthers ? [t('of another model')] : []),
        ...(changedFiles(changes) > 0 ? [t('{0} stale', figures.count(changedFiles(changes)))] : []),
        sheetDescription(sheet, figures, t),
      ].join(' · '),
      tooltip: [
        sheetTooltip(sheet, changes, figures, t),
        ...(isOthers ? [t('Made with the model {0}: only that one can read it.', sheet.model)] : []),
      ].join('\n'),
      ...(isOthers ? { icon: 'circle-slash', color: 'disabledForeground' } : looks[standing]),
      context: `sheet.${standing}`,
      state: 'closed',
      root,
      target: { root, sheet },
      children: () => this.inSheet(root, sheet, changes),
    };
  }

  private inSheet(
    root: string,
    sheet: SheetSummary,
    changes: WorkspaceState['stale'][string] | undefined,
  ): SheetEntry[] {
    const { t } = this;
    const id = `${root}/sheet/${sheet.id}`;
    const changed = changes?.changed ?? [];
    return [
      {
        id: `${id}/covered`,
        label: t('Covered files'),
        description: this.figures.count(sheet.coverage.files),
        icon: 'check',
        context: 'group',
        state: sheet.coverage.files > 0 ? 'closed' : 'leaf',
        children: async () =>
          this.files(root, `${id}/covered`, await this.covered(root, sheet), 'file.covered', { root, sheet }),
      },
      ...this.group(root, `${id}/changed`, t('Changed since'), changed, 'edit', 'file.changed', { root, sheet }),
      ...this.group(root, `${id}/added`, t('New since'), changes?.added ?? [], 'add', 'file.added', { root, sheet }),
      ...this.group(root, `${id}/removed`, t('Deleted since'), changes?.removed ?? [], 'trash', 'file.gone', {
        root,
        sheet,
      }),
      ...this.reasons(root, id, [...sheet.leftOut, ...sheet.skipped]),
    ];
  }

  /** Asked once for each listing of the sheet: its rows are read again whenever anything changes. */
  private covered(root: string, sheet: SheetSummary): Promise<string[]> {
    const known = this.details.get(sheet);
    if (known) return known;
    const asked = this.source.detail(root, sheet.id).then(({ covered }) => covered);
    this.details.set(sheet, asked);
    asked.catch(() => this.details.delete(sheet));
    return asked;
  }

  /** One row for each reason why files are out. */
  private reasons(root: string, parent: string, files: readonly { path: string; reason: string }[]): SheetEntry[] {
    const { t, figures } = this;
    return groupByReason(files).map(({ reason, paths }) => {
      const hint = reasonHint(reason, t);
      const id = `${parent}/out/${reason}`;
      return {
        id,
        label: reasonText(reason, t),
        description: figures.count(paths.length),
        ...(hint === undefined ? {} : { tooltip: hint }),
        icon: reason === 'sheet-full' || reason === 'not-built' ? 'circle-slash' : 'eye-closed',
        context: 'group',
        state: 'closed' as const,
        children: () => this.files(root, id, paths, 'file.skipped'),
      };
    });
  }

  private group(
    root: string,
    id: string,
    label: string,
    paths: readonly string[],
    icon: string,
    context: string,
    target: SheetTarget,
  ): SheetEntry[] {
    if (paths.length === 0) return [];
    const description = this.figures.count(paths.length);
    const children = (): SheetEntry[] => this.files(root, id, paths, context, target);
    return [{ id, label, description, icon, context: 'group', state: 'closed', children }];
  }

  private files(
    root: string,
    parent: string,
    paths: readonly string[],
    context: string,
    target?: SheetTarget,
  ): SheetEntry[] {
    const rows = paths.map((path): SheetEntry => {
      const plain = path.replace(/\/$/u, '');
      const cut = plain.lastIndexOf('/');
      return {
        id: `${parent}/file/${path}`,
        label: plain.slice(cut + 1) || path,
        description: cut < 0 ? '' : plain.slice(0, cut),
        tooltip: path,
        context,
        state: 'leaf',
        file: { root, path, ...(context === 'file.gone' || path.endsWith('/') ? { gone: true } : {}) },
        ...(path.endsWith('/') ? { icon: 'folder' } : {}),
        ...(target ? { target } : {}),
      };
    });
    return bounded(parent, rows, (n) => this.t('{0} more', this.figures.count(n)));
  }
}

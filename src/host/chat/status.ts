import type { ChatAction, ChatActionId, ChatStatus } from '../../common/chat.ts';
import type { ModelStatus } from '../../common/protocol.ts';
import type { SheetSummary } from '../../common/sheets.ts';
import { editorError } from '../editorError.ts';
import type { Figures } from '../figures.ts';
import { isReadable } from '../readableSheets.ts';
import { jobText } from '../status/jobText.ts';
import type { Translate } from '../translate.ts';
import type { CompressJob } from '../worker/compressJobs.ts';
import type { SupervisorState } from '../worker/supervisor.ts';
import type { WorkspaceState } from '../worker/workspaces.ts';

/** Everything that the status depends on. */
export interface StatusFacts {
  hasRoot: boolean;
  environment: { trusted: boolean; virtual: boolean };
  supervisor: SupervisorState;
  model: ModelStatus;
  workspace: WorkspaceState;
  job: CompressJob | undefined;
  /** Why chats cannot be written. */
  notKept?: string | undefined;
  /** Title of the task that questions are asked with, and its newest sheet. */
  task: string;
  sheet: SheetSummary | undefined;
}

/** Where a folder stands, in one sentence, and what can be done: what keeps questions from being answered comes first. */
export function chatStatus(facts: StatusFacts, figures: Figures, t: Translate): ChatStatus {
  const say = new Sayings(figures, t);
  return (
    say.environment(facts) ??
    say.engine(facts) ??
    say.folder(facts) ??
    say.job(facts) ??
    say.reading(facts) ??
    say.kept(facts) ??
    say.model(facts) ??
    say.sheet(facts)
  );
}

class Sayings {
  private readonly figures: Figures;
  private readonly t: Translate;

  constructor(figures: Figures, t: Translate) {
    this.figures = figures;
    this.t = t;
  }

  environment({ hasRoot, environment: { trusted, virtual } }: StatusFacts): ChatStatus | undefined {
    const { t } = this;
    if (virtual) {
      const message = t('This folder is not on a disk of this machine, so Cribsheet cannot read it.');
      return { kind: 'virtual', message, actions: this.buttons('openFolder') };
    }
    if (!hasRoot) {
      const message = t('Open a folder to ask questions about its code.');
      return { kind: 'no-folder', message, actions: this.buttons('openFolder', 'openWalkthrough') };
    }
    if (trusted) return undefined;
    const message = t('This workspace is not trusted yet: Cribsheet reads nothing of it until you trust it.');
    return { kind: 'untrusted', message, actions: this.buttons('manageTrust') };
  }

  engine({ supervisor: { kind, error } }: StatusFacts): ChatStatus | undefined {
    if (kind !== 'failed' && kind !== 'waiting') return undefined;
    const message = error ? `${error.message} ${error.action}` : '';
    return { kind: 'worker-dead', message, actions: this.buttons('restartWorker', 'showLog') };
  }

  folder({ workspace: { kind, error } }: StatusFacts): ChatStatus | undefined {
    if (kind !== 'failed' || !error) return undefined;
    const { message, action } = editorError(error, this.t);
    const isStore = error.code === 'store-unwritable' || error.code === 'store-full';
    const ways: ChatActionId[] = isStore ? ['openSettings', 'restartWorker'] : ['restartWorker'];
    const actions = this.buttons(...(error.code === 'workspace-empty' ? (['openFolder'] as const) : ways), 'showLog');
    return { kind: 'failed', message: `${message} ${action}`, actions };
  }

  job({ job, sheet, workspace }: StatusFacts): ChatStatus | undefined {
    const { t } = this;
    if (!job || job.state === 'done' || job.state === 'cancelled') return undefined;
    const { title, detail } = jobText(job, this.figures, t, workspace.tasks);
    const { progress } = job;
    switch (job.state) {
      case 'running': {
        const meanwhile = sheet
          ? t('Questions are answered from what is done, and by search (RAG).')
          : t('Questions are answered by search (RAG) meanwhile.');
        const actions = this.buttons('pauseCompress', 'cancelCompress');
        return { kind: 'compressing', message: `${title}. ${meanwhile}`, actions, progress, detail };
      }
      case 'failed': {
        const { message, action } = editorError(job.error ?? { code: 'internal', message: title, action: '' }, t);
        const actions = [this.button('resumeCompress', t('Try Again')), ...this.buttons('cancelCompress', 'showLog')];
        return { kind: 'failed', message: `${title}: ${message} ${action}`.trim(), actions };
      }
      default: {
        const actions = this.buttons('resumeCompress', 'cancelCompress');
        const message = t('{0}. What is done is kept, and questions are answered meanwhile.', title);
        return { kind: 'paused', message, actions, progress, detail };
      }
    }
  }

  reading({ workspace, supervisor }: StatusFacts): ChatStatus | undefined {
    const { t, figures } = this;
    const { kind, files, summary } = workspace;
    if (supervisor.kind === 'starting') return { kind: 'starting', message: t('The engine is starting.'), actions: [] };
    // Read again after an edit: nothing that anybody has to wait for.
    if (kind !== 'reading' || summary) return undefined;
    const message = t('The folder is being read. A question waits for that.');
    const actions = this.buttons('stopReading');
    if (!files || files.total === 0) return { kind: 'indexing', message, actions };
    const detail = t('{0} of {1} files', figures.count(files.done), figures.count(files.total));
    return { kind: 'indexing', message, actions, progress: files.done / files.total, detail };
  }

  kept({ notKept }: StatusFacts): ChatStatus | undefined {
    if (notKept === undefined) return undefined;
    const advice = this.t('Make room, or allow writing there: until then chats last as long as this window.');
    return { kind: 'failed', message: `${notKept} ${advice}`, actions: this.buttons('showLog') };
  }

  model({ model, supervisor: { kind, error } }: StatusFacts): ChatStatus | undefined {
    const { t } = this;
    if (kind === 'no-model' && error) {
      const way: ChatActionId = error.code === 'model-missing' ? 'openSettings' : 'restartWorker';
      const actions = this.buttons(way, 'chooseModel', 'showLog');
      return { kind: 'no-model', message: `${error.message} ${error.action}`, actions };
    }
    if (model.state === 'loading') {
      return { kind: 'starting', message: t('The model is being loaded.'), actions: [] };
    }
    if (model.state !== 'failed') return undefined;
    const { message, action } = editorError(model.error, t);
    const meanwhile = t('Until then, questions are answered by search alone.');
    const actions = this.buttons('chooseModel', 'showLog');
    return { kind: 'no-model', message: `${message} ${action} ${meanwhile}`, actions };
  }

  sheet({ workspace, supervisor, model, task, sheet }: StatusFacts): ChatStatus {
    const { t, figures } = this;
    const { overLimit = 0 } = workspace;
    const unread = overLimit > 0 ? [t('{0} over the limit are not read', figures.files(overLimit))] : [];
    const details = (...parts: string[]): { detail?: string } => {
      const detail = [...parts, ...unread].join(' · ');
      return detail === '' ? {} : { detail };
    };
    if (!workspace.sheets && supervisor.kind !== 'stopped') {
      return { kind: 'starting', message: t('Looking for crib sheets.'), actions: [] };
    }
    if (!sheet) {
      const message = t('There is no crib sheet for {0} yet: questions are answered by search (RAG).', task);
      return { kind: 'no-sheet', message, actions: this.buttons('compress'), ...details() };
    }
    if (!isReadable(sheet, model)) {
      const message = t(
        'The crib sheet for {0} was made with another model ({1}), and only that one can read it. Questions are answered by search (RAG).',
        task,
        sheet.model,
      );
      return {
        kind: 'no-sheet',
        message,
        actions: [this.button('rebuild', t('Compress for This Model'))],
        ...details(),
      };
    }
    const { files, filesTotal } = sheet.coverage;
    const covered = t('{0} of {1} files', figures.count(files), figures.count(filesTotal));
    if (!sheet.complete || (sheet.missingBlocks ?? 0) > 0) {
      const message = t('The crib sheet for {0} is not finished; it answers for the files that it covers.', task);
      const actions = [this.button('rebuild', t('Finish Sheet'))];
      return { kind: 'partial', message, actions, ...details(covered) };
    }
    const changes = workspace.stale[sheet.id];
    const stale = changes ? changes.changed.length + changes.added.length + changes.removed.length : 0;
    if (stale > 0) {
      const message =
        stale === 1
          ? t('One file has changed since the crib sheet for {0} was made.', task)
          : t('{0} files have changed since the crib sheet for {1} was made.', figures.count(stale), task);
      return { kind: 'stale', message, actions: this.buttons('rebuild'), ...details(covered) };
    }
    const message = t('The crib sheet for {0} is ready.', task);
    return { kind: 'ready', message, actions: [], ...details(covered) };
  }

  private buttons(...ids: ChatActionId[]): ChatAction[] {
    return ids.map((id) => this.button(id, this.label(id)));
  }

  private button(id: ChatActionId, label: string): ChatAction {
    return { id, label };
  }

  private label(id: ChatActionId): string {
    const { t } = this;
    switch (id) {
      case 'stopReading':
        return t('Stop Reading');
      case 'compress':
        return t('Compress Workspace for Task…');
      case 'cancelCompress':
        return t('Cancel');
      case 'pauseCompress':
        return t('Pause');
      case 'resumeCompress':
        return t('Resume');
      case 'rebuild':
        return t('Rebuild Sheet');
      case 'openFolder':
        return t('Open Folder');
      case 'manageTrust':
        return t('Manage Workspace Trust');
      case 'restartWorker':
        return t('Restart Engine');
      case 'showLog':
        return t('Show Log');
      case 'chooseModel':
        return t('Choose Model…');
      case 'chooseTask':
        return t('Choose Task…');
      case 'openSettings':
        return t('Open Settings');
      case 'openWalkthrough':
        return t('Open Walkthrough');
      case 'newTask':
        return t('New Task');
    }
  }
}

import * as vscode from 'vscode';
import type { ErrorRecord } from '../../common/errors.ts';
import type { ModelInfo } from '../../common/protocol.ts';
import { editorError } from '../editorError.ts';
import { confirms, showError, showInformation, withNotification } from '../messages.ts';
import type { Services } from '../services.ts';
import { isModelFolder, readSettings, setModel } from '../settings/settings.ts';
import type { Models } from '../trees/models.ts';
import type { Handlers } from './handlers.ts';
import { revealFolder } from './reveal.ts';
import { rowOf } from './rowOf.ts';
import { isModelRow } from './targets.ts';

type Needs = Pick<Services, 'supervisor' | 'figures'> & { models: Models };

/** The commands of the models view. */
export function modelHandlers(needs: Needs): Handlers {
  const { models } = needs;
  return {
    chooseModel: () => chooseModel(needs),
    importModel: () => importModel(needs),
    useModel: async (arg) => {
      const row = rowOf(arg, isModelRow);
      if (row) await use(row.model);
    },
    testModel: async (arg) => {
      const row = rowOf(arg, isModelRow);
      if (row) await test(needs, row.model.name);
    },
    openModelFolder: async (arg) => {
      const row = rowOf(arg, isModelRow);
      if (row) await revealFolder(row.model.folder);
    },
    removeModel: async (arg) => {
      const row = rowOf(arg, isModelRow);
      if (!row) return;
      const { name } = row.model;
      const { t } = vscode.l10n;
      const detail = t(
        'Its folder in the store is deleted. Sheets made with it stay, but only this model can read them.',
      );
      const question = t('Remove the model "{0}"?', name);
      if (await confirms(question, detail, t('Remove'))) await models.remove(name);
    },
  };
}

async function chooseModel(needs: Needs): Promise<void> {
  const { t } = vscode.l10n;
  const { figures } = needs;
  const installed = await needs.models.list();
  const items = installed.map((model) => ({
    label: model.name,
    description: [
      ...(model.active ? [t('in use')] : []),
      ...(model.bundled ? [t('bundled')] : []),
      ...(model.needs ? [t('needs {0} of memory', figures.bytes(model.needs.memoryBytes))] : []),
    ].join(' · '),
    ...(model.error ? { detail: sentences(editorError(model.error, t)) } : {}),
    model,
  }));
  const add = { label: `$(add) ${t('Import Model from Folder…')}`, alwaysShow: true, model: undefined };
  const picked = await vscode.window.showQuickPick([...items, add], {
    title: t('Choose Model'),
    placeHolder: t('A sheet can be read only by the model that it was made with'),
    matchOnDescription: true,
  });
  if (!picked) return;
  if (picked.model) await use(picked.model);
  else await importModel(needs);
}

const sentences = ({ message, action }: ErrorRecord): string => `${message} ${action}`;

/** The bundled model is used where none is named. The worker starts anew by itself when the setting changes. */
async function use(model: ModelInfo): Promise<void> {
  const configured = readSettings().model;
  if (model.active && !(configured !== undefined && isModelFolder(configured))) return;
  await setModel(model.bundled ? undefined : model.name);
}

async function importModel({ models, figures }: Needs): Promise<void> {
  const { t } = vscode.l10n;
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: t('Folder of a model in ONNX format'),
      openLabel: t('Import'),
      canSelectFolders: true,
      canSelectFiles: false,
      canSelectMany: false,
    })) ?? [];
  if (!folder) return;
  const imported = await withNotification(t('Importing the model'), (signal, report) => {
    let share = 0;
    return models.import(folder.fsPath, {
      signal,
      onProgress: (progress) => {
        if (progress.phase !== 'copy' || progress.bytesTotal === 0) return;
        const now = progress.bytes / progress.bytesTotal;
        const counts = t('{0} of {1}', figures.bytes(progress.bytes), figures.bytes(progress.bytesTotal));
        report({ increment: 100 * (now - share), message: counts });
        share = now;
      },
    });
  });
  const [useIt, testIt] = [t('Use This Model'), t('Run Self-Test')];
  const text = imported.copied
    ? t('"{0}" is installed.', imported.name)
    : t('"{0}" was installed already.', imported.name);
  const chosen = await showInformation(text, useIt, testIt);
  if (chosen === useIt) await setModel(imported.name);
  if (chosen === testIt) await vscode.commands.executeCommand('cribsheet.testModel', { model: imported });
}

async function test({ models, figures }: Needs, name: string): Promise<void> {
  const { t } = vscode.l10n;
  const result = await withNotification(t('Testing "{0}"', name), (signal) => models.test(name, signal));
  const speed = t(
    '{0} tokens a second read, {1} written, on {2}',
    figures.number(result.prefillTokensPerSecond),
    figures.number(result.decodeTokensPerSecond),
    result.device.device,
  );
  if (result.passed) void showInformation(t('"{0}" passed: {1}.', name, speed));
  else void showError(t('"{0}" failed its self-test: {1}. Import it again.', name, result.finding));
}

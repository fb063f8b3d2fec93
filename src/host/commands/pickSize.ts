import * as vscode from 'vscode';
import { CribsheetError } from '../../common/errors.ts';
import type { Figures } from '../figures.ts';
import type { CompressEstimate } from '../worker/compressJobs.ts';
import { estimateText, planWarning, sizeChoices, sizeLabel, type SheetSize } from './planText.ts';

interface SizeItem extends vscode.QuickPickItem {
  size: SheetSize;
}

export interface SizePickOptions {
  title: string;
  step: number;
  totalSteps: number;
  /** From the settings; the first choice where it is there. */
  preset: SheetSize;
  plan: (size: SheetSize, signal: AbortSignal) => Promise<CompressEstimate>;
  figures: Figures;
}

/**
 * Lets the user choose how large a sheet shall be. Each choice is joined by its estimate as that is ready, the chosen
 * one first; a number can be typed. Nobody has to wait for an estimate.
 * @throws what `plan` throws, except that it was cancelled
 */
export async function pickSize(options: SizePickOptions): Promise<SheetSize | 'back' | undefined> {
  const picker = new SizePicker(options);
  try {
    return await picker.choice;
  } finally {
    picker.dispose();
  }
}

class SizePicker {
  readonly choice: Promise<SheetSize | 'back' | undefined>;
  private readonly options: SizePickOptions;
  private readonly picker = vscode.window.createQuickPick<SizeItem>();
  private readonly estimates = new Map<string, CompressEstimate>();
  private readonly gone = new AbortController();
  private choices: SheetSize[];
  private working = false;

  constructor(options: SizePickOptions) {
    const { picker } = this;
    this.options = options;
    this.choices = sizeChoices('', options.preset);
    picker.title = options.title;
    picker.step = options.step;
    picker.totalSteps = options.totalSteps;
    picker.placeholder = vscode.l10n.t('How much to keep? Choose, or type a ratio such as 12 or a size such as 3000');
    picker.buttons = options.step > 1 ? [vscode.QuickInputButtons.Back] : [];
    this.choice = new Promise((resolve, reject) => {
      picker.onDidAccept(() => {
        const [item] = picker.selectedItems;
        if (item) resolve(item.size);
      });
      picker.onDidTriggerButton(() => {
        resolve('back');
      });
      picker.onDidHide(() => {
        resolve(undefined);
      });
      picker.onDidChangeValue((typed) => {
        this.choices = sizeChoices(typed, options.preset);
        this.show();
        void this.estimate(reject);
      });
      picker.onDidChangeActive(() => void this.estimate(reject));
      this.show();
      picker.show();
      void this.estimate(reject);
    });
  }

  dispose(): void {
    this.gone.abort();
    this.picker.dispose();
  }

  private show(): void {
    const active = this.picker.activeItems[0]?.size;
    const isTyped = this.picker.value.trim() !== '';
    this.picker.items = this.choices.map((size) => this.item(size, isTyped));
    const again = this.picker.items.filter(({ size }) => active && key(size) === key(active));
    if (again.length > 0) this.picker.activeItems = again;
  }

  private item(size: SheetSize, alwaysShow: boolean): SizeItem {
    const { figures } = this.options;
    const { t } = vscode.l10n;
    const plan = this.estimates.get(key(size));
    const warning = plan && planWarning(plan, figures, t);
    return {
      label: sizeLabel(size, figures, t, plan),
      ...(warning === undefined ? {} : { description: `$(info) ${warning}` }),
      detail: plan ? estimateText(plan, figures, t) : t('estimating…'),
      size,
      alwaysShow,
    };
  }

  /** One plan at a time: they share the worker. The active choice goes first. */
  private async estimate(reject: (error: unknown) => void): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.picker.busy = true;
    try {
      for (let next = this.next(); next; next = this.next()) {
        const plan = await this.options.plan(next, this.gone.signal);
        if (this.gone.signal.aborted) return;
        this.estimates.set(key(next), plan);
        this.show();
      }
    } catch (error) {
      if (!CribsheetError.is(error, 'cancelled')) reject(error);
    } finally {
      this.working = false;
      if (!this.gone.signal.aborted) this.picker.busy = false;
    }
  }

  private next(): SheetSize | undefined {
    const active = this.picker.activeItems[0]?.size;
    return [...(active ? [active] : []), ...this.choices].find((size) => !this.estimates.has(key(size)));
  }
}

const key = ({ ratio, tokens, onDisk }: SheetSize): string => `${ratio ?? ''}/${tokens ?? ''}/${onDisk ?? ''}`;

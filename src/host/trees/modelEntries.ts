import type { ErrorRecord } from '../../common/errors.ts';
import type { ModelInfo, ModelStatus, ModelTest } from '../../common/protocol.ts';
import { editorError } from '../editorError.ts';
import type { Figures } from '../figures.ts';
import type { Translate } from '../translate.ts';
import type { Entry } from './entry.ts';

export type ModelEntry = Entry & { model?: ModelInfo };

/** What is known of a model beside what its folder says. */
export interface ModelKnowledge {
  status: ModelStatus;
  /** Results of self-tests in this session, by name; `running` while one is under way. */
  tests: ReadonlyMap<string, ModelTest | 'running' | { error: string }>;
}

/** The models view: each installed model, and below it what it needs and how it did. */
export function modelEntries(
  models: readonly ModelInfo[],
  { status, tests }: ModelKnowledge,
  figures: Figures,
  t: Translate,
): ModelEntry[] {
  return models.map((model) => {
    const facts = modelFacts(model, status, tests.get(model.name), figures, t);
    const tags = [model.active ? '.active' : '', model.bundled ? '.bundled' : ''].join('');
    return {
      id: `model/${model.folder}`,
      label: model.name,
      description: modelDescription(model, status, figures, t),
      tooltip: [model.name, model.folder, ...facts].join('\n'),
      ...iconOf(model, tests.get(model.name)),
      context: `model${tags}`,
      state: model.active ? 'open' : 'closed',
      model,
      children: () =>
        facts.map((label, index) => ({
          id: `model/${model.folder}/${index}`,
          label,
          tooltip: label,
          context: 'fact',
          state: 'leaf',
        })),
    };
  });
}

function iconOf(model: ModelInfo, test: ReturnType<ModelKnowledge['tests']['get']>): Pick<Entry, 'icon' | 'color'> {
  if (test === 'running') return { icon: 'sync~spin' };
  const broken = model.error !== undefined || (test !== undefined && ('error' in test || !test.passed));
  if (broken) return { icon: 'error', color: 'list.errorForeground' };
  return { icon: model.active ? 'pass-filled' : 'circle-large-outline' };
}

function modelDescription(model: ModelInfo, status: ModelStatus, figures: Figures, t: Translate): string {
  const device = model.active && status.state === 'ready' ? [deviceText(status.device)] : [];
  return [
    ...(model.active ? [t('in use')] : []),
    ...device,
    ...(model.error ? [t('cannot be used')] : []),
    ...(model.needs ? [t('needs {0} of memory', figures.bytes(model.needs.memoryBytes))] : []),
    ...(model.bundled ? [t('bundled')] : []),
  ].join(' · ');
}

function linesOf(error: ErrorRecord, t: Translate): string[] {
  const { message, action } = editorError(error, t);
  return [message, action];
}

const deviceText = ({ device }: { device: string }): string => (device === 'cpu' ? 'CPU' : device);

function modelFacts(
  model: ModelInfo,
  status: ModelStatus,
  test: ReturnType<ModelKnowledge['tests']['get']>,
  figures: Figures,
  t: Translate,
): string[] {
  const facts: string[] = [];
  if (model.error) facts.push(...linesOf(model.error, t));
  if (model.needs) {
    const { window, weightBytes, memoryBytes } = model.needs;
    facts.push(
      t('Memory: about {0}, {1} of it weights', figures.bytes(memoryBytes), figures.bytes(weightBytes)),
      t('Window: {0} positions', figures.count(window)),
    );
  }
  facts.push(t('On disk: {0}', figures.bytes(model.bytes)));
  if (model.active && status.state === 'ready') {
    facts.push(t('Device: {0} ({1})', deviceText(status.device), status.device.reason));
  } else if (model.active && status.state === 'failed') {
    facts.push(...linesOf(status.error, t));
  } else if (model.active) {
    facts.push(status.state === 'off' ? t('Switched off: search only') : t('Is loaded with the first question'));
  }
  facts.push(...testFacts(test, figures, t));
  return [...new Set(facts)];
}

function testFacts(test: ReturnType<ModelKnowledge['tests']['get']>, figures: Figures, t: Translate): string[] {
  if (test === undefined) return [t('Self-test: not run in this window')];
  if (test === 'running') return [t('Self-test: running')];
  if ('error' in test) return [t('Self-test: failed ({0})', test.error)];
  return [
    test.passed ? t('Self-test: passed') : t('Self-test: failed ({0})', test.finding),
    t(
      'Speed: {0} tokens a second read, {1} written, on {2}',
      figures.number(test.prefillTokensPerSecond),
      figures.number(test.decodeTokensPerSecond),
      deviceText(test.device),
    ),
  ];
}

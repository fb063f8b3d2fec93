import type { Translate } from './translate.ts';

/**
 * What engine and worker say of answers and failures, with `{0}`, `{1}` … for what differs. They speak English, as the command line
 * does; here it is told in VS Code's language. A test compares this list with the source of the engine.
 * @param t takes each text; a name that the test of the translations knows
 */
function engineTexts(t: (text: string) => string): string[] {
  return [
    // Why `auto` took its mode.
    t('the question comes with source of its own'),
    t('there is no sheet for this task yet'),
    t('the sheet for this task cannot be read'),
    t('the sheet does not cover {0} ({1})'),
    t('the sheet does not cover {0}'),
    t('the sheet covers what the question names'),
    t('the sheet covers the whole folder'),
    t('the question names nothing that the sheet is known to cover'),
    t('questions like this one are answered best from the sheet ({0} %)'),
    t('questions like this one are answered best by retrieval ({0} %)'),
    t('questions like this one are answered best from sheet and source together ({0} %)'),
    // Failures, then what can be done.
    t('The worker process has ended.'),
    t('The worker is shutting down.'),
    t('No model is loaded.'),
    t('The mode "{0}" needs a model, and none is loaded.'),
    t('There is no model "{0}".'),
    t('There is no model in {0} (looked for {1}).'),
    t('The model in {0} cannot be loaded: {1}.'),
    t('The model in {0} is not complete: {1}.'),
    t("The model's chat template {0}."),
    t('The profile cribsheet.json of the model cannot be used: {0}.'),
    t('The profile cribsheet.json of the model pads with "{0}", which its tokenizer does not know.'),
    t("The model's profile asks for segments of {0} tokens, and {1} is the least."),
    t('The weights {0} are incomplete: {1} of {2} bytes are there.'),
    t("The weights {0} lie outside of the model's folder."),
    t('tokenizer.json of the model cannot be read.'),
    t('{0} of the model is not valid JSON.'),
    t('tokenizer.json does not belong to this model: {0}.'),
    t('This model cannot be used: {0}.'),
    t('The device {0} does not start: {1}'),
    t('The model {0} is in use.'),
    t('{0} is being compressed already.'),
    t('{0} is being imported already.'),
    t("The workspace has {0} tokens, and the model's window has room for {1} beside the question and its answer."),
    t("{0} tokens do not fit: {1} of the model's {2} positions are free."),
    t('The question takes {0} tokens, and {1} are free for it.'),
    t('The question has {0} characters, and {1} are the most.'),
    t('There is no sheet "{0}".'),
    t('There is no sheet for the task "{0}" of this workspace.'),
    t('There is no sheet on disk for the task "{0}" of this workspace.'),
    t('Keys and values of the sheet on disk for "{0}" are missing or damaged.'),
    t('There is no room left for blocks in {0}: {1}.'),
    t('There is no room left for the index {0}.'),
    t('There is no space left for the sheet in {0}.'),
    t('Keys and values of all {0} tokens would take {1} GiB, and the store holds {2}.'),
    t('The store {0} cannot be written.'),
    t('What was measured cannot be written to {0}.'),
    t('The store {0} cannot be written: {1}.'),
    t('The model cannot be written to the store {0}: {1}.'),
    t('The index {0} cannot be used: {1}.'),
    t('Another version of Cribsheet has taken over the index {0}.'),
    t('There is no folder {0}.'),
    t('The folder {0} cannot be opened.'),
    t('{0} is not a folder.'),
    t('{0} cannot be read: {1}.'),
    t('Try again: finished work is on disk and is not done twice.'),
    t('Try again with a new worker.'),
    t('Name a folder, or one of: {0}.'),
    t('Installed are: {0}.'),
    t('Install the model again.'),
    t('Install the model again, with all of its files.'),
    t('Install graph, weights and tokenizer from one source.'),
    t('Download or copy the model again.'),
    t('Put graph and weights into one folder.'),
    t('Correct it (docs/models.md lists the keys) or delete it to use the defaults.'),
    t('Choose another model first.'),
    t('Wait until that has ended, or cancel it first.'),
    t('Shorten the question, or choose a model with a longer window.'),
    t('Shorten the question, use a smaller sheet, or choose a model with a longer window.'),
    t('List the sheets that there are.'),
    t(
      'Free disk space, delete sheets that are not needed, or choose another store folder; blocks already written stay usable.',
    ),
    t('Free disk space or choose another store folder, then index again.'),
    t('Check the permissions of the folder or choose another store folder.'),
    t('Check the permissions of the store folder or choose another one.'),
    t('Index the workspace again: the damaged file is replaced.'),
    t('Wait until the other window or command is done, then try again.'),
    t('Close the other version or restart this one.'),
    t('Check the path, or open another folder.'),
    t('Check the path and its permissions.'),
    t('Widen the scope, or bring files back with a "!" pattern in .cribsheetignore.'),
    t('Open a folder that holds source files, or bring ignored ones back with a "!" pattern in .cribsheetignore.'),
  ];
}

interface Form {
  text: string;
  pattern: RegExp;
}

let forms: readonly Form[] | undefined;

/** Texts with more words of their own are tried first: `{0} cannot be read: {1}.` fits much. */
function knownForms(): readonly Form[] {
  forms ??= engineTexts((text) => text)
    .map((text) => ({ text, pattern: patternOf(text) }))
    .sort((a, b) => b.text.length - a.text.length);
  return forms;
}

function patternOf(text: string): RegExp {
  const parts = text.split(/\{\d\}/u).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
  return new RegExp(`^${parts.join('([^]*?)')}$`, 'u');
}

/** A text of the engine in VS Code's language; as it is where it is not known. */
export function inDisplayLanguage(said: string, translate: Translate): string {
  for (const { text, pattern } of knownForms()) {
    const found = pattern.exec(said);
    if (found) return translate(text, ...found.slice(1));
  }
  return said;
}

/** For the test that compares them with the engine. */
export const knownTexts = (): string[] => knownForms().map(({ text }) => text);

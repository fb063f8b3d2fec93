/**
 * Every text of the webview that the host does not send. `{0}`, `{1}` are filled in. The host may replace any of them
 * by a JSON object in the body's `data-l10n` (its keys are the ones below), so that the words follow VS Code's display
 * language.
 */
const english = {
  chatTitle: 'Cribsheet chat',
  compareTitle: 'Cribsheet comparison',

  // Question box
  askAbout: 'Ask about {0}',
  askAnything: 'Ask about your code',
  noFolderOpen: 'Open a folder to ask about it',
  question: 'Question',
  questionHelp:
    'Enter sends the question, Shift and Enter adds a line, Escape stops the answer, Up brings back an earlier question.',
  send: 'Send question',
  stop: 'Stop answer',
  mode: 'Mode: {0}',
  task: 'Task: {0}',
  folder: 'Folder: {0}',
  compare: 'Compare',
  compareHelp: 'Ask {0} at once and show the answers next to each other',
  compared: 'Mode {0} of the comparison: {1}',
  attach: 'Add files to the question',
  attachments: 'Added to the question',
  removeAttachment: 'Remove {0}',
  dropHere: 'Drop files to add them to the question',
  model: 'Model: {0}',

  // Modes
  modeAuto: 'Auto',
  modeAutoHelp: 'The sheet where it covers the question, search (RAG) otherwise',
  modeCache: 'Cache',
  modeCacheHelp: 'Reads the sheet: what it covers of the code base, condensed for the task',
  modeRag: 'RAG',
  modeRagHelp: 'Search (RAG): looks for pieces of source and reads only these',
  modeHybrid: 'Hybrid',
  modeHybridHelp: 'Reads the sheet and, beside it, the pieces of source that a search finds',
  modeOffload: 'Offload',
  modeOffloadHelp: 'Fetches from disk what the question looks at; needs a sheet that keeps everything, on disk',
  modeFull: 'Full',
  modeFullHelp: 'Reads all of the source uncompressed, where it fits',
  modeNone: 'No context',
  modeNoneHelp: 'The model alone, without your code',
  sheetNone: 'no sheet yet',
  sheetPartial: 'sheet not finished',
  sheetComplete: 'sheet ready',

  // History
  history: 'Earlier chats',
  newChat: 'New chat',
  noChats: 'There are no earlier chats in this workspace.',
  deleteChat: 'Delete chat: {0}',
  confirmDelete: 'Delete this chat for good?',
  delete: 'Delete',
  keep: 'Keep',
  turns: '{0} questions',
  oneTurn: '1 question',
  untitled: 'Untitled chat',
  shown: 'shown now',

  // Conversation
  conversation: 'Conversation',
  greeting: 'Ask a question about this code base.',
  greetingMore:
    'Answers name the lines that they rest on. Nothing leaves this machine. Turn on Compare to see the sheet and search (RAG) next to each other.',
  toLatest: 'Scroll to the latest answer',
  starting: 'Starting…',

  // Answers
  answerIn: 'Answer, {0}',
  waiting: 'Reading…',
  writing: 'Writing…',
  stoppedByYou: 'Stopped.',
  cutOff: 'Cut off at the longest answer.',
  repeated: 'Ended: the model was repeating itself.',
  emptyAnswer: 'The model had nothing to say.',
  took: '{0}: {1}',
  showRest: 'Show {0} more characters',
  code: 'Code',
  codeIn: 'Code, {0}',
  copyCode: 'Copy code',
  insertCode: 'Insert code at the cursor',
  copyAnswer: 'Copy answer',
  retry: 'Ask again',
  retryOne: 'Ask again for this answer only',
  retryIn: 'Ask again in another mode',
  answerActions: 'Answer actions',
  copied: 'Copied.',

  // Places
  citations: 'Citations',
  openHint: 'Opens the file. With Ctrl or Cmd: beside the current editor.',
  verified: 'The lines hold what the answer names.',
  unverified: 'Not confirmed: the lines may not hold what the answer names.',
  stale: 'The file has changed since it was read.',
  fromQuestion: 'From the question, not from the answer.',
  citedByAll: 'Cited by every answer.',
  markUnverified: 'not confirmed',
  markStale: 'changed',
  markQuestion: 'from the question',
  markCommon: 'in every answer',
  evidence: 'What the answer looked at ({0})',
  weight: '{0} of its attention',
  chunks: 'Pieces that were read ({0})',
  chunksOnly: 'No model is running. The search found these places:',
  chunksNone: 'No model is running, and the search found nothing for this question.',

  // Answers that should not be relied on
  unsureBeyond: 'By its own account, a question of this kind is beyond this model.',
  unsureLow: 'The model is not sure of this answer.',
  unsureContradicted: 'The model did not find it, but the workspace has a definition of that name.',
  found: 'The search finds these places for the question:',
  foundNone: 'The search finds no place for it.',

  // Figures
  figures: 'Figures',
  tokensRead: '{0} tokens read',
  tokensSkipped: '{0} skipped',
  firstToken: 'first token {0}',
  covers: 'covers {0} of {1} files',
  rowFirstToken: 'First token',
  rowTotal: 'Total time',
  rowQueue: 'Waited in the queue',
  rowLoad: 'Loading',
  rowPrefill: 'Reading the question',
  rowSheet: 'Positions of the sheet',
  rowPrompt: 'Prompt tokens',
  rowAnswer: 'Answer tokens',
  rowSkipped: 'Source tokens not read',
  rowBytes: 'Keys and values',
  rowFiles: 'Files covered',
  rowTokens: 'Tokens covered',
  rowCitations: 'Citations',
  rowConfidence: 'Confidence of the model',
  ofTotal: '{0} of {1}',

  // Comparison
  comparison: 'Comparison of {0}',
  retryAll: 'Ask all again',
  sideBySide: 'Open side by side in an editor tab',
  whichBetter: 'Which answer was better?',
  same: 'The same',
  wordsDiffer: 'Marked words are only in one answer.',
  wordsAlike: 'The answers have the same words.',
  wordsUnlike: 'The answers have little wording in common; no words are marked.',
  wordsTooLong: 'The answers are too long to be compared word by word.',
  inCommon: '{0} citations in common',
  oneInCommon: '1 citation in common',
  noneInCommon: 'No citations in common',
  figure: 'Figure',
  nothingToCompare: 'There is nothing to compare yet.',

  // Buttons of failures
  actCompress: 'Compress workspace',
  actChooseModel: 'Choose a model',
  actChooseTask: 'Choose a task',
  actOpenFolder: 'Open a folder',
  actManageTrust: 'Manage trust',
  actRestartWorker: 'Restart',
  actOpenSettings: 'Open settings',
  actShowLog: 'Show log',
  actLargerModel: 'Use a larger model',

  // Screen reader
  sayAnswering: 'Answering.',
  sayDone: 'Answer finished, {0} citations.',
  sayUnsure: 'Answer finished. {0} Places found by search: {1}.',
  sayStopped: 'Answer stopped.',
  sayFailed: 'No answer: {0} {1}',
  sayCode: 'Code, {0} lines.',

  // Units
  milliseconds: '{0} ms',
  seconds: '{0} s',
  minutes: '{0} min',
} as const;

export type StringKey = keyof typeof english;

let shown: Readonly<Record<StringKey, string>> = english;

/** Takes over the texts of the page's `data-l10n`; anything in it that is not a text of ours is left out. */
export function readStrings(json: string | undefined): void {
  if (json === undefined || json === '') return;
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    return; // A broken translation is no reason to show nothing: English stays.
  }
  if (typeof given !== 'object' || given === null) return;
  const known = Object.entries(given).filter(([key, text]) => Object.hasOwn(english, key) && typeof text === 'string');
  shown = { ...english, ...(Object.fromEntries(known) as Partial<Record<StringKey, string>>) };
}

/** A text of the page, with its places filled in. */
export function t(key: StringKey, ...values: readonly (string | number)[]): string {
  return shown[key].replace(/\{(\d)\}/gu, (place, index: string) => String(values[Number(index)] ?? place));
}

/** Everything that grows has a limit with a name. Sizes in bytes, times in milliseconds unless the name says otherwise. */
export const limits = {
  /** A larger source file is left out with the reason `too-large`. */
  maxFileBytes: 1_000_000,
  /** A longer listing is cut, and the report says so. */
  maxFiles: 50_000,
  /** More names than this are not even looked at (ignored files, images and the like count here too). */
  maxListed: 250_000,
  /** A larger task file is not read. */
  maxTaskBytes: 1_000_000,
  /** Text of all source files together; what comes later in path order is left out. */
  maxCorpusBytes: 256 * 1024 ** 2,
  /** A longer line (in Markdown and other prose: a longer word) marks a file as minified. */
  maxLineLength: 2_000,
  /** A definition with more characters is cut at inner syntax boundaries. */
  maxChunkChars: 2_400,
  /** Default size of a segment in tokens (a model profile may say otherwise). */
  segmentTokens: 1_024,
  /** A step of the decoder yields to the event loop after about this time. */
  stepMs: 250,
  /** Fewest and most prompt tokens of one step. */
  minStepTokens: 16,
  maxStepTokens: 256,
  /** Quota of the block store; least recently used blocks go first. */
  storeBytes: 8 * 1024 ** 3,
  /** Longest answer in tokens unless the profile says otherwise. */
  answerTokens: 256,
} as const;

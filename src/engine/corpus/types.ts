/** One text file of the workspace that the rules let in. */
export interface SourceFile {
  /** Relative to the workspace folder, forward slashes. */
  path: string;
  /** Decoded text, byte-order mark and line ends untouched. */
  text: string;
  /** SHA-256 of the bytes, hex. */
  hash: string;
  bytes: number;
  language: string;
}

/** Why a file is not part of the corpus. */
export type SkipReason =
  | 'ignored'
  | 'binary'
  | 'minified'
  | 'generated'
  | 'lock-file'
  | 'secret'
  | 'too-large'
  | 'not-utf8'
  | 'unreadable'
  | 'symlink'
  | 'too-many-files';

export interface SkippedFile {
  /** Ends in a slash where a whole folder was left out. */
  path: string;
  reason: SkipReason;
}

export interface FileListing {
  /** Paths let in, sorted by code unit. */
  paths: string[];
  skipped: SkippedFile[];
  /** `git` where git answered, `walk` otherwise. */
  source: 'git' | 'walk';
  /** In a repository that was walked all the same: why git did not answer. */
  gitProblem?: string;
}

export interface Corpus {
  /** Sorted by path. */
  files: SourceFile[];
  skipped: SkippedFile[];
  /** As in `FileListing`. */
  gitProblem?: string;
}

/** A definition-level piece of a file. The chunks of a file join up to its text exactly. Always whole lines. */
export interface Chunk {
  path: string;
  /** 1-based, inclusive. */
  startLine: number;
  endLine: number;
  /** Line that holds the defined name; `startLine` where nothing is defined. A leading comment belongs to the chunk, so this may be later than `startLine`. */
  nameLine: number;
  /** function, method, class, interface, enum, type, struct, trait, impl, module, constant, section, code, … */
  kind: string;
  /** Plain name; the file's base name where the chunk defines nothing. */
  name: string;
  /** Name with its owners, joined by dots: `Server.start`. */
  qualifiedName: string;
  /** Text between the parentheses with white space folded; absent where the kind has none. */
  parameters?: string;
  /** Declared return type, without punctuation. */
  returns?: string;
  /** First sentence of the documentation, one line, without comment marks. */
  doc?: string;
  language: string;
  text: string;
}

/** How segments are rendered; part of a model profile. */
export interface RenderProfile {
  /** Stands before a file's line. Default `### `. */
  fileMark: string;
  /** Most tokens of a segment. */
  segmentTokens: number;
  /** Keep only the last N parts of a path in the text; the manifest never shortens. Absent: the whole path. */
  pathParts?: number;
  /** Remove the common indentation of a chunk and turn tabs into this many spaces. Absent: the text as it is. */
  dedentTabs?: number;
}

/** A run of whole chunks (or, for a chunk larger than a segment, of whole lines of it) that is prefilled together. */
export interface Segment {
  /** SHA-256 over renderer version and rendered text, hex: equal text, equal id. */
  id: string;
  paths: string[];
  /** Tokens of `text` by the model's tokenizer, without preamble. */
  tokens: number;
  /** What the decoder prefills. */
  text: string;
  chunks: SegmentChunk[];
  /** Where each rendered line comes from, in text order; the first run starts at 0. */
  lines: LineOrigin[];
}

/** A chunk (or the lines of it) inside a segment. */
interface SegmentChunk {
  path: string;
  startLine: number;
  endLine: number;
  nameLine: number;
  kind: string;
  name: string;
  qualifiedName: string;
}

/** The text from UTF-16 offset `start` up to the next origin comes from this line (file and card lines: the line they describe). */
export interface LineOrigin {
  start: number;
  path: string;
  line: number;
}
